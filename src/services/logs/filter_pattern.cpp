#include "services/logs/filter_pattern.hpp"

#include <re2/re2.h>

#include <algorithm>

namespace clary::services::logs {

namespace {

Error invalid(std::string_view why) { return aws_error(ErrorKind::validation, "InvalidParameterException", "Invalid filter pattern: {}", why); }

// Takes the text up to the closing `end` off the front; \" inside quotes stands for itself.
Outcome<std::string> take_until(std::string_view& text, char end) {
  std::string term;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (end == '"' && text[i] == '\\' && i + 1 < text.size()) {
      term += text[++i];
    } else if (text[i] == end) {
      text.remove_prefix(i + 1);
      return term;
    } else {
      term += text[i];
    }
  }
  return invalid(fmt::format("{} is not closed", end));
}

}  // namespace

Outcome<FilterPattern> FilterPattern::parse(std::string_view text) {
  FilterPattern pattern;
  if (auto first = text.find_first_not_of(' '); first != std::string_view::npos && (text[first] == '{' || text[first] == '['))
    return invalid("JSON and space-delimited patterns are not served");
  while (true) {
    auto start = text.find_first_not_of(' ');
    if (start == std::string_view::npos) return pattern;
    text.remove_prefix(start);
    std::vector<std::string>* target = &pattern.all_;
    if (text.front() == '?') target = &pattern.any_;
    if (text.front() == '-') target = &pattern.none_;
    if (target != &pattern.all_) text.remove_prefix(1);
    if (text.empty()) return invalid("a term is missing");
    if (text.front() == '%') {
      text.remove_prefix(1);
      TRY(std::string expression, take_until(text, '%'));
      auto compiled = std::make_shared<re2::RE2>(expression, re2::RE2::Quiet);
      if (!compiled->ok()) return invalid(compiled->error());
      pattern.expressions_.push_back(std::move(compiled));
    } else if (text.front() == '"') {
      text.remove_prefix(1);
      TRY(std::string term, take_until(text, '"'));
      target->push_back(std::move(term));
    } else {
      auto end = std::min(text.find(' '), text.size());
      target->emplace_back(text.substr(0, end));
      text.remove_prefix(end);
    }
  }
}

bool FilterPattern::matches(std::string_view message) const {
  auto there = [&](const std::string& term) { return message.find(term) != std::string_view::npos; };
  re2::StringPiece text(message.data(), message.size());
  return std::all_of(all_.begin(), all_.end(), there) && std::none_of(none_.begin(), none_.end(), there) &&
         (any_.empty() || std::any_of(any_.begin(), any_.end(), there)) &&
         std::all_of(expressions_.begin(), expressions_.end(), [&](const auto& expression) { return re2::RE2::PartialMatch(text, *expression); });
}

}  // namespace clary::services::logs
