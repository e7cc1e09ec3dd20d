// The hyperparameters of the built-in XGBoost algorithm, checked as its container checks them, in its words, and told apart: what the
// training itself looks at, and what the library is given. Plain values. Thread rule: any thread.
// Invariant: `library` holds only names that passed the check.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/outcome.hpp"

namespace clary::training {

struct Hyperparameters {
  int rounds = 0;  // num_round
  bool csv_weights = false;
  std::optional<int> early_stopping_rounds;
  bool save_model_on_termination = false;
  std::string booster = "gbtree";
  int parallel_trees = 1;  // num_parallel_tree
  // What is evaluated: by the library, and by us (custom_metrics.hpp). The metric that early stopping watches.
  std::vector<std::string> library_metrics, custom_metrics;
  std::string stopping_metric;
  std::vector<std::pair<std::string, std::string>> library;  // without eval_metric
};

Outcome<Hyperparameters> read_hyperparameters(const std::map<std::string, std::string>& given);

// Whether more of the metric is better.
bool is_maximized(std::string_view metric);

}  // namespace clary::training
