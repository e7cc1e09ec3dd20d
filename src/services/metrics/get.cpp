#include <algorithm>
#include <limits>
#include <map>

#include "meta/records.hpp"
#include "meta/series.hpp"
#include "services/metrics/handlers.hpp"

namespace clary::services::metrics {

namespace {

// How many values one query is answered with; who wants the others asks again, from where the answer ends.
constexpr std::size_t most_values = 10'000;
// The times of an axis are milliseconds since 1970: the SageMaker SDK hands them on to MLflow as they are.
constexpr std::int64_t millisecond = 1000;  // of a Time's microseconds

// Points by what groups them: their iteration, or a period of time, by its number since 1970.
using Groups = std::map<std::int64_t, meta::Summary>;

// A period in milliseconds; none: by iteration.
std::optional<std::int64_t> length_of(std::string_view period) {
  if (period == "OneMinute") return 60'000;
  if (period == "FiveMinute") return 300'000;
  if (period == "OneHour") return 3'600'000;
  return std::nullopt;
}

std::int64_t floor_divide(std::int64_t value, std::int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

// Milliseconds as a Time; those beyond what a Time can hold are as good as its bounds.
Time clamped(std::int64_t milliseconds, std::int64_t and_micros) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / millisecond - 1;
  return {std::clamp(milliseconds, -most, most) * millisecond + and_micros};
}

double value_of(std::string_view statistic, const meta::Summary& group) {
  if (statistic == "Min") return group.min;
  if (statistic == "Max") return group.max;
  if (statistic == "Avg") return group.mean;
  if (statistic == "Count") return static_cast<double>(group.count);
  if (statistic == "StdDev") return group.deviation();
  return group.last;
}

// Groups points by iteration or period, of which it keeps the first most_values and one, by which it is known that there are more.
class Grouping {
 public:
  explicit Grouping(const MetricQuery& query) : length_(length_of(query.Period)) {
    if (query.XAxisType == "IterationNumber") {
      range_.first_step = query.Start;
      range_.last_step = query.End;
    } else {
      if (query.Start) range_.from = clamped(*query.Start, 0);
      if (query.End) range_.to = clamped(*query.End, millisecond - 1);
    }
  }

  // What may be asked of the store; it narrows while points come.
  const meta::PointRange& range() const { return range_; }

  void add(std::span<const meta::Point> points) {
    for (const meta::Point& point : points) {
      if (range_.from && point.time < *range_.from) continue;
      if (range_.to && point.time > *range_.to) continue;
      if (length_) {
        add(floor_divide(point.time.micros, *length_ * millisecond), point);
      } else if (point.step && !(range_.first_step && *point.step < *range_.first_step) && !(range_.last_step && *point.step > *range_.last_step)) {
        add(*point.step, point);
      }
    }
    if (groups_.size() <= most_values) return;
    const std::int64_t last = groups_.rbegin()->first;
    if (length_) {
      range_.to = clamped((last + 1) * *length_, -1);
    } else {
      range_.last_step = last;
    }
  }

  void answer(const MetricQuery& query, MetricQueryResult& out) const {
    out.Status = groups_.size() > most_values ? "Truncated" : "Complete";
    for (const auto& [key, group] : groups_) {
      std::int64_t x = length_ ? key * *length_ : query.XAxisType == "Timestamp" ? floor_divide(group.last_time.micros, millisecond) : key;
      if (out.XAxisValues->size() == most_values) {
        out.Message = fmt::format("There are more than {} values.", most_values);
        // Times need not grow with the iterations.
        if (length_ || query.XAxisType == "IterationNumber") *out.Message += fmt::format(" A query whose Start is {} goes on.", x);
        return;
      }
      out.XAxisValues->push_back(x);
      out.MetricValues->push_back(value_of(query.MetricStat, group));
    }
  }

 private:
  void add(std::int64_t key, const meta::Point& point) {
    if (at_ != groups_.end() && at_->first == key) return at_->second.add(point);
    if (groups_.size() > most_values && key > groups_.rbegin()->first) return;
    at_ = groups_.try_emplace(groups_.end(), key);
    at_->second.add(point);
    if (groups_.size() <= most_values + 1) return;
    if (at_ == std::prev(groups_.end())) at_ = groups_.end();
    groups_.erase(std::prev(groups_.end()));
  }

  std::optional<std::int64_t> length_;  // none: by iteration
  meta::PointRange range_;
  Groups groups_;
  Groups::iterator at_ = groups_.end();
};

// The trial components that a resource's metrics may lie in, best first: itself, or the one that a job was recorded as.
std::vector<std::string> components_of(const Scope& scope, std::string_view resource) {
  auto arn = parse_arn(resource);
  if (!arn || arn->service != "sagemaker" || arn->account != scope.account || arn->region != scope.region) return {};
  std::string name(arn->name());
  if (arn->type() == trial_component_kind) return {name};
  for (std::string_view job : {"training-job", "processing-job", "transform-job"}) {
    if (arn->type() == job) return {fmt::format("{}-aws-{}", name, job)};
  }
  return {};
}

void refuse(MetricQueryResult& out, std::string message) {
  constexpr std::size_t longest = 2048;
  out.Status = "ValidationError";
  out.Message = message.substr(0, longest);
}

Outcome<void> answer_query(meta::Session& session, const Scope& scope, const MetricQuery& query, MetricQueryResult& out) {
  out.XAxisValues.emplace();
  out.MetricValues.emplace();
  if (query.XAxisType == "IterationNumber" && length_of(query.Period)) {
    refuse(out, "An XAxisType of IterationNumber needs a Period of IterationNumber.");
    return {};
  }
  if (query.Start && query.End && *query.Start > *query.End) {
    refuse(out, "Start must not be greater than End.");
    return {};
  }
  std::optional<meta::Record> component;
  for (const std::string& name : components_of(scope, query.ResourceArn)) {
    TRY(component, meta::find(session, trial_component_kind, scope, name));
    if (component) break;
  }
  if (!component) {
    refuse(out, fmt::format("The resource {} does not exist or has no metrics.", query.ResourceArn));
    return {};
  }
  Grouping grouping(query);
  CHECK_OK(meta::each_block(session, component->id, query.MetricName, grouping.range(),
                            [&](std::span<const meta::Point> points) { grouping.add(points); }));
  grouping.answer(query, out);
  return {};
}

}  // namespace

Outcome<BatchGetMetricsOutput> batch_get_metrics(Context& call, const BatchGetMetricsInput& in) {
  BatchGetMetricsOutput out;
  out.MetricQueryResults.emplace();
  for (const MetricQuery& query : in.MetricQueries) {
    MetricQueryResult& result = out.MetricQueryResults->emplace_back();
    CHECK_OK(call.store.read([&](meta::Session& session) { return answer_query(session, call.scope, query, result); }));
  }
  return out;
}

}  // namespace clary::services::metrics
