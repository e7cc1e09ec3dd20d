#include "jobs/metric_scraper.hpp"

#include <charconv>
#include <cmath>
#include <re2/re2.h>

namespace clary::jobs {

namespace {

std::unique_ptr<re2::RE2> compile(const std::string& regex) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  return std::make_unique<re2::RE2>(regex, options);
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
  std::optional<MetricValue> last;
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

MetricScraper::MetricScraper(const std::vector<MetricDefinition>& definitions, std::vector<MetricValue> last) {
  for (const auto& definition : definitions) {
    auto regex = compile(definition.regex);
    if (!regex->ok()) {
      problems_.push_back(refusal(definition, *regex));
      continue;
    }
    Series& series = series_.emplace_back();
    series.name = definition.name;
    series.regex = std::move(regex);
    for (auto& value : last) {
      if (value.name == definition.name) series.last = value;
    }
  }
}

MetricScraper::~MetricScraper() = default;
MetricScraper::MetricScraper(MetricScraper&&) noexcept = default;
MetricScraper& MetricScraper::operator=(MetricScraper&&) noexcept = default;

void MetricScraper::scan(std::string_view line, Time time) {
  const re2::StringPiece text(line.data(), line.size());
  for (auto& series : series_) {
    re2::StringPiece found[2];
    const int groups = series.regex->NumberOfCapturingGroups() > 0 ? 1 : 0;
    if (!series.regex->Match(text, 0, text.size(), re2::RE2::UNANCHORED, found, groups + 1)) continue;
    const auto& group = found[groups];
    if (auto value = parse_metric({group.data(), group.size()})) series.last = MetricValue{series.name, *value, time};
  }
}

std::vector<MetricValue> MetricScraper::last() const {
  std::vector<MetricValue> values;
  for (const auto& series : series_) {
    if (series.last) values.push_back(*series.last);
  }
  return values;
}

}  // namespace clary::jobs
