// Makes a Forest of a booster. Thread rule: the booster's thread. Invariant: what it gives predicts as the library does, which was tried on rows
// that stand on, below and beside the thresholds of its splits; where that fails, or the model is of another kind, there is none.
#pragma once

#include <optional>

#include "model_server/forest.hpp"
#include "model_server/scorer.hpp"
#include "xgboost/booster.hpp"

namespace clary::model_server {

struct XgboostFacts {
  std::string objective, booster;  // "binary:logistic", "gbtree"
  std::size_t columns = 0, classes = 0;
  unsigned rounds = 0;  // as Booster::predict takes it
  float base_score = 0.5;
  std::size_t parallel_trees = 1;
  bool rounds_are_trees = false;  // of each class
};

std::optional<Forest> make_forest(xgboost::Booster& booster, std::shared_ptr<const xgboost::Library> library, const XgboostFacts& facts);

}  // namespace clary::model_server
