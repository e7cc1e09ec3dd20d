#include "training/evaluation.hpp"

#include <charconv>
#include <cmath>
#include <fmt/format.h>

namespace clary::training {

std::vector<Score> parse_scores(std::string_view line) {
  std::vector<Score> scores;
  while (!line.empty()) {
    const auto end = line.find_first_of("\t \n");
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    const auto dash = word.find('-'), colon = word.rfind(':');
    if (dash == std::string_view::npos || colon == std::string_view::npos || colon < dash) continue;
    Score score{std::string(word.substr(0, dash)), std::string(word.substr(dash + 1, colon - dash - 1)), 0};
    const std::string_view number = word.substr(colon + 1);
    const auto read = std::from_chars(number.data(), number.data() + number.size(), score.value);
    if (read.ec == std::errc() && !score.set.starts_with('[')) scores.push_back(std::move(score));
  }
  return scores;
}

std::string python_number(double value) {
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  // The shortest text that reads back, with a point or an exponent in it.
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

std::string scores_line(int iteration, const std::vector<Score>& scores, const Release& release, std::string_view tab) {
  std::string line = fmt::format("[{}]", iteration);
  for (const auto& score : scores) {
    line += fmt::format("{}{}:", tab, score.label());
    line += release.fixed_decimals() ? fmt::format("{:.5f}", score.value) : fmt::format("{:g}", score.value);
  }
  return line;
}

}  // namespace clary::training
