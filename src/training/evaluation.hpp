// What an iteration's evaluation said: read from the library's line, completed by the metrics of our own, and written as the
// container of that release logs it. Plain values. Thread rule: any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "training/release.hpp"

namespace clary::training {

struct Score {
  std::string set;     // "train", "validation"
  std::string metric;  // "auc", "error@0.7"
  double value = 0;
  std::string label() const { return set + "-" + metric; }
};

// "[0]\ttrain-error:0.01\tvalidation-error:0.02"; what is no score is passed over.
std::vector<Score> parse_scores(std::string_view line);
// A score's number as Python would say it after reading it from the line: "0.983147".
std::string python_number(double value);
// "[0]<tab>train-error:0.01<tab>...": `tab` is #011 in CloudWatch, as AWS's metric definitions expect it.
std::string scores_line(int iteration, const std::vector<Score>& scores, const Release& release, std::string_view tab);

}  // namespace clary::training
