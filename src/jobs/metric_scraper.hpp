// Finds a training job's metrics in its log: each definition's regular expression is searched for in every line, and
// its first group, where it is a number, is the series' next value. RE2 matches, in time linear in the line, whatever
// the expression; what every match begins with, or one pass over the line for all of them, says which of the expressions
// are worth it. Owned by a run. Thread rule: one
// thread at a time. Invariant: `last()` holds at most one value a definition.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/outcome.hpp"
#include "jobs/job_observer.hpp"
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

  // What the line says is added to `found`, in the order of the definitions.
  void scan(std::string_view line, Time time, std::vector<MeasuredPoint>& found);
  // The last value of each series that has one, in the order of the definitions.
  std::vector<MetricValue> last() const;
  const std::vector<std::string>& problems() const { return problems_; }
  bool empty() const { return series_.empty(); }

 private:
  struct Series;
  struct Filter;
  static std::optional<std::string_view> search(const Series& series, std::string_view line);
  void take(Series& series, std::string_view line, Time time, std::vector<MeasuredPoint>& found);
  std::vector<Series> series_;
  std::unique_ptr<Filter> filter_;
  std::vector<std::string> problems_;
};

}  // namespace clary::jobs
