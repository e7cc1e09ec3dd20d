// CloudWatch's metrics. A metric is named by its account, region, namespace, name and set of dimensions (their order does not matter); its data are
// kept summed up: one row a minute (a second, for data of high resolution) and unit, with count, sum, minimum, maximum and the distribution of the
// values, which percentiles are told from (exactly for small sets, distribution.hpp). Functions over a Session; the caller brings the transaction,
// and all that it puts in one costs one commit. Thread rule: as the Session's. Invariant: a row is the sum of all data ever put at its time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arn.hpp"
#include "meta/distribution.hpp"
#include "meta/store.hpp"

namespace clary::meta {

struct Dimension {
  std::string name, value;
  bool operator==(const Dimension&) const = default;
};
struct MetricId {
  std::string space;  // the namespace: "/aws/sagemaker/TrainingJobs"
  std::string name;
  std::vector<Dimension> dimensions;
};

// One measurement, several of a time, or the row that they have become.
struct Datum {
  Time time;
  std::string unit = "None";
  double count = 0, sum = 0, min = 0, max = 0;  // finite, and count above 0
  // Of all values that are summed up here; empty where one value says it all (min == max), and where only the sums are known (a statistic set):
  // then there are no percentiles.
  Distribution values;
  bool each_second = false;  // high resolution

  bool has_percentiles() const { return min == max || !values.empty(); }
  double percentile(double share) const;  // 0 to 1; where it has them
  // Adds the other's data; time, unit and resolution stay.
  void merge(const Datum& other);
};
Datum datum_of(Time time, double value, std::string unit = "None");

// Many values of one metric summed up, a datum a minute: much quicker than a datum each.
struct Measured {
  Time time;
  double value = 0;  // finite
};
std::vector<Datum> by_minute(std::span<const Measured> values);

// Adds data to a metric, which is made by its first. Data of one minute (or second) and unit become one.
Outcome<void> put(Session& session, const Scope& scope, const MetricId& metric, std::span<const Datum> data);

struct DataRange {
  Time from, to;  // from inclusive, to exclusive
  std::optional<std::string> unit;
};
// The rows of a metric, in order of time.
Outcome<void> each_datum(Session& session, const Scope& scope, const MetricId& metric, const DataRange& range,
                         const std::function<void(const Datum&)>& each);

// A page of metrics in the order in which they were made. The filters of dimensions: the metric has it (with that value), whatever else it has.
struct MetricQuery {
  Scope scope;
  std::string space, name;  // empty: any
  struct DimensionFilter {
    std::string name;
    std::optional<std::string> value;
  };
  std::vector<DimensionFilter> dimensions;
  std::optional<Time> active_since;  // has data of that time or later
  std::size_t limit = 500;
  std::string after;  // the token of the page before
};
struct MetricPage {
  std::vector<MetricId> metrics;
  std::string next;  // empty: the last page
};
// A token that is not of this query is ErrorKind::validation.
Outcome<MetricPage> list_metrics(Session& session, const MetricQuery& query);

// Removes a bounded part of the data before that time, and the metrics that have no other; true when there may be more to do.
Outcome<bool> expire_data(Session& session, Time before);

extern const std::vector<Migration> data_point_migrations;

}  // namespace clary::meta
