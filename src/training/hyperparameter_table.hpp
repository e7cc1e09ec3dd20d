// The published hyperparameters of the XGBoost containers, 0.72 to 3.x, with their types and ranges. Constants.
// Thread rule: any thread.
#pragma once

#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clary::training {

// An interval as the container writes it in its complaints: "[0, +inf)", "(0, 1]".
struct Interval {
  double from = -std::numeric_limits<double>::infinity();
  bool from_open = false;
  double to = std::numeric_limits<double>::infinity();
  bool to_open = false;
  bool holds(double value) const;
  std::string text() const;
};

struct Hyperparameter {
  enum class Type { integer, continuous, categorical, list, tuple, nested };
  std::string_view name;
  Type type;
  Interval interval = {};
  std::vector<std::string_view> values = {};  // of a category, and of what a list may hold; empty: checked elsewhere
};

const Hyperparameter* find_hyperparameter(std::string_view name);
// "learning_rate" to "eta"; any other name to itself.
std::string_view canonical_name(std::string_view name);

// Metrics of which more is better, and of which less is: the containers' lists.
std::span<const std::string_view> maximized_metrics();
std::span<const std::string_view> minimized_metrics();

}  // namespace clary::training
