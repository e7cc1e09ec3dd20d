// A Booster as Python's pickle writes it: the form of the models of SageMaker's containers up to 1.2. Thread rule: pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace clary::training {

struct BoosterState {
  std::string_view model;  // what Booster::serialize() gave
  std::size_t columns = 0;
  std::string booster;  // "gbtree"; empty: the release does not write it
  int best_iteration = 0;
  int best_ntree_limit = 0;
  std::optional<double> best_score;
};

// pickle.load() of the same release gives the Booster back.
std::string pickled_booster(const BoosterState& state);

}  // namespace clary::training
