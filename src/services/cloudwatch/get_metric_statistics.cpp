#include "services/cloudwatch/handlers.hpp"
#include "services/cloudwatch/periods.hpp"

namespace clary::services::cloudwatch {

namespace {

constexpr std::int64_t most_statistics = 1440;

// "4,320"
std::string with_commas(std::int64_t number) {
  std::string text = fmt::format("{}", number);
  for (auto place = static_cast<std::int64_t>(text.size()) - 3; place > 0; place -= 3) text.insert(static_cast<std::size_t>(place), 1, ',');
  return text;
}

Outcome<void> check(const GetMetricStatisticsInput& in, Time start) {
  const std::string combination = "InvalidParameterCombinationException";
  if (in.Statistics.has_value() == in.ExtendedStatistics.has_value())
    return aws_error(ErrorKind::validation, combination, "Must specify either Statistics or ExtendedStatistics");
  for (const std::string& name : in.ExtendedStatistics.value_or(std::vector<std::string>{})) {
    auto statistic = read_statistic(name);
    if (!statistic || statistic->kind != Statistic::Kind::percentile)
      return validation("The value {} for parameter ExtendedStatistics is not supported: percentiles (p0 to p100) are served.", name);
  }
  if (in.StartTime >= in.EndTime) return validation("The parameter StartTime must be less than the parameter EndTime.");
  if (!is_period(in.Period)) return validation("The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.");
  const std::int64_t wanted = periods_between(start, in.EndTime, in.Period);
  if (wanted > most_statistics) {
    return aws_error(ErrorKind::validation, combination,
                     "You have requested up to {} datapoints, which exceeds the limit of {}. You may reduce the datapoints requested by increasing "
                     "Period, or decreasing the time range.",
                     with_commas(wanted), with_commas(most_statistics));
  }
  return {};
}

// What was asked for of a period; nothing where none of it can be told.
std::optional<Datapoint> to_datapoint(const GetMetricStatisticsInput& in, const meta::Datum& data) {
  Datapoint point{.Timestamp = data.time, .Unit = data.unit};
  for (const std::string& name : in.Statistics.value_or(std::vector<std::string>{})) {
    const Statistic statistic = *read_statistic(name);  // of the model's enumeration
    const auto value = value_of(statistic, data);
    switch (statistic.kind) {
      case Statistic::Kind::count: point.SampleCount = value; break;
      case Statistic::Kind::average: point.Average = value; break;
      case Statistic::Kind::sum: point.Sum = value; break;
      case Statistic::Kind::minimum: point.Minimum = value; break;
      case Statistic::Kind::maximum: point.Maximum = value; break;
      case Statistic::Kind::percentile: break;
    }
  }
  if (!in.ExtendedStatistics) return point;
  if (!data.has_percentiles()) return std::nullopt;
  point.ExtendedStatistics.emplace();
  for (const std::string& name : *in.ExtendedStatistics) (*point.ExtendedStatistics)[name] = *value_of(*read_statistic(name), data);
  return point;
}

}  // namespace

Outcome<GetMetricStatisticsOutput> get_metric_statistics(Context& call, const GetMetricStatisticsInput& in) {
  const Time start = rounded_start(in.StartTime, in.Period, call.clock.now());
  CHECK_OK(check(in, start));
  const meta::MetricId metric = metric_id(in.Namespace, in.MetricName, in.Dimensions);
  TRY(auto periods, call.store.read([&](meta::Session& session) {
    return read_periods(session, call.scope, metric, {start, in.EndTime, in.Unit}, in.Period, Units::apart);
  }));
  GetMetricStatisticsOutput out;
  out.Label = in.MetricName;
  out.Datapoints.emplace();
  for (const meta::Datum& period : periods) {
    if (auto point = to_datapoint(in, period)) out.Datapoints->push_back(std::move(*point));
  }
  return out;
}

}  // namespace clary::services::cloudwatch
