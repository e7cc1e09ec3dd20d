// Finds a training job's metrics in its log: each definition's regular expression is searched for in every line, and
// its first group, where it is a number, is the series' next value. RE2 matches, in time linear in the line, whatever
// the expression. Owned by a run. Thread rule: one thread at a time. Invariant: `last()` holds at most one value a
// definition.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/outcome.hpp"
#include "jobs/training_job.hpp"

namespace re2 {
class RE2;
}

namespace clary::jobs {

// For CreateTrainingJob: a validation error that names the first definition that cannot be matched here, and why:
// look-around and back-references, which no linear-time matcher has, a repetition over 1000, or a mistake.
Outcome<void> check_metric_definitions(const std::vector<MetricDefinition>& definitions);

// The number that a log line's piece spells: "0.93", " 1e-3 ", "+5". Nothing for words, infinities and "nan".
std::optional<double> parse_metric(std::string_view text);

class MetricScraper {
 public:
  // `last`: what an earlier server had found. Definitions that RE2 refuses find nothing; problems() says so.
  explicit MetricScraper(const std::vector<MetricDefinition>& definitions, std::vector<MetricValue> last = {});
  ~MetricScraper();
  MetricScraper(MetricScraper&&) noexcept;
  MetricScraper& operator=(MetricScraper&&) noexcept;

  void scan(std::string_view line, Time time);
  // The last value of each series that has one, in the order of the definitions.
  std::vector<MetricValue> last() const;
  const std::vector<std::string>& problems() const { return problems_; }
  bool empty() const { return series_.empty(); }

 private:
  struct Series;
  std::vector<Series> series_;
  std::vector<std::string> problems_;
};

}  // namespace clary::jobs
