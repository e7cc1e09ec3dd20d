#include "training/custom_metrics.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "training/failure.hpp"

namespace clary::training {

namespace {

constexpr std::array<std::string_view, 13> names{
    "accuracy",        "balanced_accuracy", "f1", "f1_binary", "f1_macro",     "mse",         "precision",
    "precision_macro", "precision_micro",   "r2", "recall",    "recall_macro", "recall_micro"};

struct Counts {
  double right = 0, predicted = 0, there = 0;
  double precision() const { return predicted == 0 ? 0 : right / predicted; }
  double recall() const { return there == 0 ? 0 : right / there; }
  double f1() const { return predicted + there == 0 ? 0 : 2 * right / (predicted + there); }
};

// Of each class that is there or predicted.
using ByClass = std::map<int, Counts>;

int class_of(std::span<const float> margins) {
  if (margins.size() == 1) return margins[0] > 0 ? 1 : 0;
  return static_cast<int>(std::max_element(margins.begin(), margins.end()) - margins.begin());
}

ByClass count(std::span<const float> margins, std::size_t width, std::span<const float> labels) {
  ByClass classes;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const int predicted = class_of(margins.subspan(i * width, width)), label = static_cast<int>(std::clamp(labels[i], -1e9f, 1e9f));
    classes[predicted].predicted += 1;
    classes[label].there += 1;
    if (predicted == label) classes[label].right += 1;
  }
  return classes;
}

template <typename Score>
double mean_of(const ByClass& classes, Score score, bool only_present = false) {
  double sum = 0, number = 0;
  for (const auto& [label, counts] : classes) {
    if (only_present && counts.there == 0) continue;
    sum += score(counts);
    number += 1;
  }
  return number == 0 ? 0 : sum / number;
}

double of_regression(bool r2, std::span<const float> margins, std::span<const float> labels) {
  double mean = 0, residuals = 0, spread = 0;
  for (const float label : labels) mean += label;
  mean /= static_cast<double>(labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const double miss = double{labels[i]} - margins[i], distance = labels[i] - mean;
    residuals += miss * miss;
    spread += distance * distance;
  }
  if (!r2) return residuals / static_cast<double>(labels.size());
  return spread == 0 ? (residuals == 0 ? 1 : 0) : 1 - residuals / spread;
}

}  // namespace

bool is_custom_metric(std::string_view name) {
  return std::count(names.begin(), names.end(), name) > 0;
}

Outcome<double> custom_metric(std::string_view name, std::span<const float> margins, std::size_t width,
                              std::span<const float> labels) {
  if (labels.empty() || width == 0 || margins.size() != labels.size() * width) return 0.0;
  if (name == "mse" || name == "r2") {
    if (width != 1) return user_error("Metric '{}' needs one prediction a record.", name);
    return of_regression(name == "r2", margins, labels);
  }
  const ByClass classes = count(margins, width, labels);
  const auto number = static_cast<double>(labels.size());
  double right = 0;
  for (const auto& [label, counts] : classes) right += counts.right;
  if (name == "accuracy" || name == "precision_micro" || name == "recall_micro") return right / number;
  if (name == "balanced_accuracy")
    return mean_of(
        classes, [](const Counts& of) { return of.recall(); }, true);
  if (name == "f1" || name == "f1_macro") return mean_of(classes, [](const Counts& of) { return of.f1(); });
  if (name == "precision_macro") return mean_of(classes, [](const Counts& of) { return of.precision(); });
  if (name == "recall_macro") return mean_of(classes, [](const Counts& of) { return of.recall(); });
  if (width > 1 || classes.rbegin()->first > 1)
    return user_error("Target is multiclass but average='binary': metric '{}' is one of two classes.", name);
  const auto positive = classes.find(1);
  if (positive == classes.end()) return 0.0;
  if (name == "f1_binary") return positive->second.f1();
  return name == "precision" ? positive->second.precision() : positive->second.recall();
}

}  // namespace clary::training
