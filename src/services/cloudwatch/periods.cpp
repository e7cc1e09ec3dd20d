#include "services/cloudwatch/periods.hpp"

#include <charconv>
#include <map>

namespace clary::services::cloudwatch {

namespace {

constexpr std::int64_t minute = 60, hour = 3600, day = 24 * hour;

std::int64_t seconds_of(Time time) { return time.micros / 1'000'000; }

}  // namespace

std::optional<Statistic> read_statistic(std::string_view name) {
  using Kind = Statistic::Kind;
  static constexpr std::pair<std::string_view, Kind> plain[] = {{"SampleCount", Kind::count},
                                                                {"Average", Kind::average},
                                                                {"Sum", Kind::sum},
                                                                {"Minimum", Kind::minimum},
                                                                {"Maximum", Kind::maximum}};
  for (const auto& [known, kind] : plain) {
    if (known == name) return Statistic{kind};
  }
  if (!name.starts_with('p') || name.size() > 16) return std::nullopt;
  name.remove_prefix(1);
  const bool digits = name.find_first_not_of("0123456789.") == std::string_view::npos;
  double percent = 0;
  const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), percent);
  if (!digits || code != std::errc() || end != name.data() + name.size() || percent > 100) return std::nullopt;
  return Statistic{Kind::percentile, percent / 100};
}

std::optional<double> value_of(const Statistic& statistic, const meta::Datum& data) {
  switch (statistic.kind) {
    case Statistic::Kind::count: return data.count;
    case Statistic::Kind::average: return data.sum / data.count;
    case Statistic::Kind::sum: return data.sum;
    case Statistic::Kind::minimum: return data.min;
    case Statistic::Kind::maximum: return data.max;
    case Statistic::Kind::percentile: break;
  }
  if (!data.has_percentiles()) return std::nullopt;
  return data.percentile(statistic.share);
}

bool is_period(std::int64_t seconds) {
  return seconds == 1 || seconds == 5 || seconds == 10 || seconds == 20 || seconds == 30 || (seconds > 0 && seconds % minute == 0);
}

Time rounded_start(Time start, std::int64_t period, Time now) {
  const std::int64_t age = seconds_of(now) - seconds_of(start);
  std::int64_t step = age > 63 * day ? hour : age > 15 * day ? 5 * minute : minute;
  if (period < minute) step = period;
  const std::int64_t seconds = seconds_of(start);
  return {(seconds - (seconds % step + step) % step) * 1'000'000};
}

std::int64_t periods_between(Time start, Time end, std::int64_t period) {
  const std::int64_t length = period * 1'000'000;
  return (end.micros - start.micros) / length + ((end.micros - start.micros) % length > 0 ? 1 : 0);
}

Outcome<std::vector<meta::Datum>> read_periods(meta::Session& session, const Scope& scope, const meta::MetricId& metric, const meta::DataRange& range,
                                               std::int64_t period, Units units) {
  std::vector<meta::Datum> periods;
  std::map<std::string, meta::Datum> current;  // by unit
  const std::int64_t length = period * 1'000'000;
  std::int64_t place = -1;
  auto finish = [&] {
    for (auto& [unit, datum] : current) periods.push_back(std::move(datum));
    current.clear();
  };
  CHECK_OK(meta::each_datum(session, scope, metric, range, [&](const meta::Datum& row) {
    const std::int64_t here = (row.time.micros - range.from.micros) / length;
    if (here != place) finish();
    place = here;
    meta::Datum& datum = current[units == Units::apart ? row.unit : ""];
    datum.time = {range.from.micros + here * length};
    datum.unit = row.unit;
    datum.merge(row);
  }));
  finish();
  return periods;
}

meta::MetricId metric_id(const std::string& space, const std::string& name,
                         const std::optional<std::vector<api::cloudwatch::Dimension>>& dimensions) {
  meta::MetricId metric{space, name, {}};
  for (const auto& dimension : dimensions.value_or(std::vector<api::cloudwatch::Dimension>{}))
    metric.dimensions.push_back({dimension.Name, dimension.Value});
  return metric;
}

}  // namespace clary::services::cloudwatch
