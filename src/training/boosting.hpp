// The training itself: rounds of boosting, their evaluation, checkpoints, early stopping, the end by a signal, and the model's
// file in the form of the release's container. Thread rule: one training in a process. Invariant: the model's file is there
// only whole.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/outcome.hpp"
#include "training/hyperparameters.hpp"
#include "training/release.hpp"
#include "training/rows.hpp"
#include "training/termination.hpp"
#include "xgboost/collective.hpp"
#include "xgboost/library.hpp"

namespace clary::training {

struct BoostingJob {
  std::shared_ptr<const xgboost::Library> library;
  Hyperparameters asked;
  Rows train;
  std::optional<Rows> validation;
  std::string model_folder;
  std::string checkpoint_folder;              // empty: none
  xgboost::Collective* collective = nullptr;  // none: one host
};

Outcome<void> boost(BoostingJob job, Termination& termination);

}  // namespace clary::training
