// A metric's data by period, and what a statistic says of each period: what GetMetricStatistics and GetMetricData share.
// Thread rule: pure functions, and one that reads in the caller's transaction. Invariant: periods ascend, each begins a whole number of periods
// after the (rounded) start, and none is empty.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/cloudwatch.hpp"
#include "meta/data_points.hpp"

namespace clary::services::cloudwatch {

struct Statistic {
  enum class Kind { count, average, sum, minimum, maximum, percentile };
  Kind kind = Kind::average;
  double share = 0;  // of a percentile: 0 to 1
};
// "SampleCount", "Average", "Sum", "Minimum", "Maximum"; "p0" to "p100", with decimals. Nothing: anything else.
std::optional<Statistic> read_statistic(std::string_view name);
// Nothing: a percentile of data that are known by their sums only.
std::optional<double> value_of(const Statistic& statistic, const meta::Datum& data);

// 1, 5, 10, 20, 30 and multiples of 60.
bool is_period(std::int64_t seconds);
// As CloudWatch rounds a start down: to the minute, of older data to five minutes and to the hour; of periods below a minute to a whole one.
Time rounded_start(Time start, std::int64_t period, Time now);
// How many periods there are between two times, begun ones included.
std::int64_t periods_between(Time start, Time end, std::int64_t period);

// The data of [start, end) by period; each with the time at which its period begins. Of several units either one a period and unit, or all as one.
enum class Units { apart, together };
Outcome<std::vector<meta::Datum>> read_periods(meta::Session& session, const Scope& scope, const meta::MetricId& metric, const meta::DataRange& range,
                                               std::int64_t period, Units units);

meta::MetricId metric_id(const std::string& space, const std::string& name,
                         const std::optional<std::vector<api::cloudwatch::Dimension>>& dimensions);

}  // namespace clary::services::cloudwatch
