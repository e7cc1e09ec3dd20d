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

enum class Statistic { min, max, avg, count, deviation, last };

Statistic statistic_of(std::string_view name) {
  if (name == "Min") return Statistic::min;
  if (name == "Max") return Statistic::max;
  if (name == "Avg") return Statistic::avg;
  if (name == "Count") return Statistic::count;
  return name == "StdDev" ? Statistic::deviation : Statistic::last;
}

// The points of one iteration or period, of which only what the statistic needs is kept up.
struct Group {
  std::int64_t count = 0;
  double value = 0;     // the least, the greatest or the last
  Time last_time;
  long double sum = 0;  // has room where a double's range has none
  meta::Summary spread;

  void add(const meta::Point& point, Statistic statistic) {
    const bool newer = count == 0 || point.time >= last_time;
    if (newer) last_time = point.time;
    switch (statistic) {
      case Statistic::min: value = count == 0 ? point.value : std::min(value, point.value); break;
      case Statistic::max: value = count == 0 ? point.value : std::max(value, point.value); break;
      case Statistic::avg: sum += point.value; break;
      case Statistic::count: break;
      case Statistic::deviation: spread.add(point); break;
      case Statistic::last: value = newer ? point.value : value; break;
    }
    ++count;
  }
  double result(Statistic statistic) const {
    if (statistic == Statistic::avg) return static_cast<double>(sum / static_cast<long double>(count));
    if (statistic == Statistic::count) return static_cast<double>(count);
    return statistic == Statistic::deviation ? spread.deviation() : value;
  }
};

// Groups points by iteration or period. Of the groups it keeps the first most_values and one, by which it is known that there are more.
class Grouping {
 public:
  explicit Grouping(const MetricQuery& query)
      : statistic_(statistic_of(query.MetricStat)), length_(length_of(query.Period)), by_time_(query.XAxisType == "Timestamp") {
    if (!by_time_) {
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
    const std::int64_t from = range_.from ? range_.from->micros : std::numeric_limits<std::int64_t>::min();
    const std::int64_t to = range_.to ? range_.to->micros : std::numeric_limits<std::int64_t>::max();
    for (const meta::Point& point : points) {
      if (point.time.micros < from || point.time.micros > to || (!length_ && !point.step)) continue;
      const std::int64_t at = length_ ? point.time.micros : *point.step;
      // Most points are of the group of the one before.
      if (at < begin_ || at >= end_) open(at);
      if (open_ != nullptr) open_->add(point, statistic_);
    }
    if (groups_.size() <= most_values) return;
    const std::int64_t last = groups_.rbegin()->first;
    if (length_) {
      range_.to = clamped((last + 1) * *length_, -1);
    } else {
      range_.last_step = last;
    }
  }

  void answer(MetricQueryResult& out) const {
    out.Status = groups_.size() > most_values ? "Truncated" : "Complete";
    for (const auto& [key, group] : groups_) {
      const std::int64_t x = length_ ? key * *length_ : by_time_ ? floor_divide(group.last_time.micros, millisecond) : key;
      if (out.XAxisValues->size() == most_values) {
        out.Message = fmt::format("There are more than {} values.", most_values);
        // Times need not grow with the iterations.
        if (length_ || !by_time_) *out.Message += fmt::format(" A query whose Start is {} goes on.", x);
        return;
      }
      out.XAxisValues->push_back(x);
      out.MetricValues->push_back(group.result(statistic_));
    }
  }

 private:
  // Makes the group of this time or step the open one; none where it lies outside the range or beyond the last group that is kept.
  void open(std::int64_t at) {
    std::int64_t key = at;
    begin_ = at;
    end_ = at == std::numeric_limits<std::int64_t>::max() ? at : at + 1;
    if (length_) {
      const std::int64_t length = *length_ * millisecond;
      key = floor_divide(at, length);
      begin_ = key * length;
      end_ = begin_ + length;
    }
    open_ = nullptr;
    if (!length_ && ((range_.first_step && at < *range_.first_step) || (range_.last_step && at > *range_.last_step))) return;
    if (groups_.size() > most_values && key > groups_.rbegin()->first) return;
    open_ = &groups_.try_emplace(groups_.end(), key)->second;
    if (groups_.size() <= most_values + 1) return;
    if (open_ == &groups_.rbegin()->second) open_ = nullptr;
    groups_.erase(std::prev(groups_.end()));
  }

  const Statistic statistic_;
  const std::optional<std::int64_t> length_;  // none: by iteration
  const bool by_time_;                        // the axis
  meta::PointRange range_;
  std::map<std::int64_t, Group> groups_;  // by iteration, or by the period's number since 1970
  // The group of the times or steps from begin_ to before end_.
  Group* open_ = nullptr;
  std::int64_t begin_ = 0, end_ = 0;
};

// The trial component that a resource's metrics lie in: itself, or the one that a job was recorded as.
std::optional<std::string> component_of(const Scope& scope, std::string_view resource) {
  auto arn = parse_arn(resource);
  if (!arn || arn->service != "sagemaker" || arn->account != scope.account || arn->region != scope.region) return std::nullopt;
  if (arn->type() == trial_component_kind) return std::string(arn->name());
  for (std::string_view job : {"training-job", "processing-job", "transform-job"}) {
    if (arn->type() == job) return fmt::format("{}-aws-{}", arn->name(), job);
  }
  return std::nullopt;
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
  std::optional<std::int64_t> component;
  if (auto name = component_of(scope, query.ResourceArn)) {
    TRY(component, meta::find_id(session, trial_component_kind, scope, *name));
  }
  if (!component) {
    refuse(out, fmt::format("The resource {} does not exist or has no metrics.", query.ResourceArn));
    return {};
  }
  Grouping grouping(query);
  CHECK_OK(meta::each_block(session, *component, query.MetricName, grouping.range(),
                            [&](std::span<const meta::Point> points) { grouping.add(points); }));
  grouping.answer(out);
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
