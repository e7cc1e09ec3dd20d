// Finds the model in a booster that Python pickled, by reading the pickle's opcodes and running none. Thread rule: pure. Invariant: whatever
// the bytes are, nothing of them is executed and nothing outside them is read.
#pragma once

#include <optional>
#include <string_view>

#include "base/outcome.hpp"

namespace clary::model_server {

struct PickledBooster {
  std::string_view model;             // within the pickle
  std::optional<unsigned> tree_limit;  // best_ntree_limit, where training stopped early
};

bool is_pickle(std::string_view bytes);
Outcome<PickledBooster> find_booster(std::string_view pickle);

}  // namespace clary::model_server
