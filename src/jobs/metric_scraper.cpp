#include "jobs/metric_scraper.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <re2/re2.h>
#include <re2/set.h>

namespace clary::jobs {

namespace {

re2::RE2::Options silent() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  return options;
}

constexpr std::size_t most_searches = 8;  // for plain text, in each line

std::unique_ptr<re2::RE2> compile(const std::string& regex) {
  return std::make_unique<re2::RE2>(regex, silent());
}

// The plain text that each match begins with: "Train Loss: " of "Train Loss: (.*?);".
std::string prefix_of(std::string_view regex) {
  if (regex.find('|') != std::string_view::npos) return "";
  std::string prefix;
  for (std::size_t i = 0; i < regex.size(); ++i) {
    unsigned char c = static_cast<unsigned char>(regex[i]);
    if (c == '\\' && i + 1 < regex.size() && std::ispunct(static_cast<unsigned char>(regex[i + 1])) != 0) {
      c = static_cast<unsigned char>(regex[++i]);
    } else if (std::string_view("?*+{").find(regex[i]) != std::string_view::npos) {
      if (!prefix.empty()) prefix.pop_back();  // it may be missing
      return prefix;
    } else if (c >= 0x80 || std::string_view("\\^$.()[]}").find(regex[i]) != std::string_view::npos) {
      return prefix;
    }
    prefix += static_cast<char>(c);
  }
  return prefix;
}

std::string refusal(const MetricDefinition& definition, const re2::RE2& regex) {
  std::string hint;
  if (regex.error_code() == re2::RE2::ErrorBadPerlOp) hint = " (look-ahead and look-behind are not supported)";
  if (regex.error_code() == re2::RE2::ErrorBadEscape) hint = " (back-references are not supported)";
  return fmt::format("the regular expression of metric definition \"{}\" cannot be used: {}{}", definition.name,
                     regex.error(), hint);
}

}  // namespace

struct MetricScraper::Series {
  std::string name;
  std::unique_ptr<re2::RE2> regex;
  std::string prefix;
  std::optional<MetricValue> last;
};

// All expressions as one automaton, which runs over a line once, whatever their number.
struct MetricScraper::Filter {
  re2::RE2::Set set{silent(), re2::RE2::UNANCHORED};
  std::vector<int> matching;  // kept for its memory
  // false: each expression looks for itself. The automaton became too large, or they are few and each match begins with
  // plain text, which is found more quickly.
  bool usable = true;
};

Outcome<void> check_metric_definitions(const std::vector<MetricDefinition>& definitions) {
  for (const auto& definition : definitions) {
    auto regex = compile(definition.regex);
    if (!regex->ok()) return validation("{}", refusal(definition, *regex));
  }
  return {};
}

std::optional<double> parse_metric(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n\v\f";
  auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return std::nullopt;
  text = text.substr(first, text.find_last_not_of(blank) - first + 1);
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  double value = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

MetricScraper::MetricScraper(const std::vector<MetricDefinition>& definitions, std::vector<MetricValue> last)
    : filter_(std::make_unique<Filter>()) {
  for (const auto& definition : definitions) {
    auto regex = compile(definition.regex);
    if (!regex->ok()) {
      problems_.push_back(refusal(definition, *regex));
      continue;
    }
    filter_->usable = filter_->set.Add(definition.regex, nullptr) >= 0 && filter_->usable;
    Series& series = series_.emplace_back();
    series.name = definition.name;
    series.regex = std::move(regex);
    series.prefix = prefix_of(definition.regex);
    for (auto& value : last) {
      if (value.name == definition.name) series.last = value;
    }
  }
  const bool plain = series_.size() <= most_searches &&
                     std::all_of(series_.begin(), series_.end(), [](const Series& series) { return series.prefix.size() > 1; });
  filter_->usable = filter_->usable && !plain && !series_.empty() && filter_->set.Compile();
}

MetricScraper::~MetricScraper() = default;
MetricScraper::MetricScraper(MetricScraper&&) noexcept = default;
MetricScraper& MetricScraper::operator=(MetricScraper&&) noexcept = default;

// The first group of the first match, or the whole of it where there is no group.
std::optional<std::string_view> MetricScraper::search(const Series& series, std::string_view line) {
  const re2::StringPiece text(line.data(), line.size());
  re2::StringPiece parts[2];
  const int groups = series.regex->NumberOfCapturingGroups() > 0 ? 1 : 0;
  std::size_t from = 0;
  if (!series.prefix.empty()) {
    // Matching where the prefix stands is much quicker than searching, but not in a line that is full of it.
    for (int tries = 0; tries < 4; ++tries, ++from) {
      from = line.find(series.prefix, from);
      if (from == std::string_view::npos) return std::nullopt;
      if (series.regex->Match(text, from, text.size(), re2::RE2::ANCHOR_START, parts, groups + 1))
        return std::string_view(parts[groups].data(), parts[groups].size());
    }
  }
  if (!series.regex->Match(text, from, text.size(), re2::RE2::UNANCHORED, parts, groups + 1)) return std::nullopt;
  return std::string_view(parts[groups].data(), parts[groups].size());
}

void MetricScraper::take(Series& series, std::string_view line, Time time, std::vector<MeasuredPoint>& found) {
  const auto text = search(series, line);
  if (!text) return;
  const auto value = parse_metric(*text);
  if (!value) return;
  series.last = MetricValue{series.name, *value, time};
  found.push_back({series.name, *value, time, std::nullopt});
}

void MetricScraper::scan(std::string_view line, Time time, std::vector<MeasuredPoint>& found) {
  if (series_.empty()) return;
  if (filter_->usable) {
    re2::RE2::Set::ErrorInfo error{};
    const bool any = filter_->set.Match({line.data(), line.size()}, &filter_->matching, &error);
    filter_->usable = error.kind == re2::RE2::Set::kNoError;
    if (!any && filter_->usable) return;
  }
  if (!filter_->usable) {
    for (auto& series : series_) take(series, line, time, found);
    return;
  }
  std::sort(filter_->matching.begin(), filter_->matching.end());
  for (const int index : filter_->matching) take(series_[static_cast<std::size_t>(index)], line, time, found);
}

std::vector<MetricValue> MetricScraper::last() const {
  std::vector<MetricValue> values;
  for (const auto& series : series_) {
    if (series.last) values.push_back(*series.last);
  }
  return values;
}

}  // namespace clary::jobs
