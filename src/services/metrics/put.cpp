#include <algorithm>
#include <cmath>

#include "meta/records.hpp"
#include "meta/series.hpp"
#include "services/metrics/handlers.hpp"
#include "services/repeated.hpp"

namespace clary::services::metrics {

namespace {

// AWS's window for the time of a point.
constexpr std::int64_t most_past = 14LL * 24 * 3600 * 1'000'000;
constexpr std::int64_t most_ahead = 2LL * 3600 * 1'000'000;

bool is_valid(const RawMetricData& datum, Time now) {
  return std::isfinite(datum.Value) && datum.Timestamp.micros >= now.micros - most_past && datum.Timestamp.micros <= now.micros + most_ahead;
}

// The error codes of the call's data, in their order; null where there is none.
using Codes = std::vector<const char*>;

Codes check(const std::vector<RawMetricData>& data, Time now) {
  Codes codes;
  codes.reserve(data.size());
  for (const RawMetricData& datum : data) codes.push_back(is_valid(datum, now) ? nullptr : "VALIDATION_ERROR");
  return codes;
}

// The valid points by metric, in the order of the call.
std::vector<meta::NamedPoints> by_metric(const std::vector<RawMetricData>& data, const Codes& codes) {
  std::vector<meta::NamedPoints> series;
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (codes[i] != nullptr) continue;
    auto same = std::find_if(series.begin(), series.end(), [&](const meta::NamedPoints& one) { return one.name == data[i].MetricName; });
    if (same == series.end()) same = series.insert(same, {.name = data[i].MetricName, .points = {}});
    same->points.push_back({.value = data[i].Value, .time = data[i].Timestamp, .step = data[i].Step});
  }
  return series;
}

Outcome<void> store_points(meta::Session& session, std::int64_t component, const BatchPutMetricsInput& in, const http::Request& request,
                           Codes& codes) {
  std::vector<meta::NamedPoints> series = by_metric(in.MetricData, codes);
  if (series.empty()) return {};
  const std::string_view call = id_of_call(request);
  if (!call.empty() && is_retry(request)) {
    TRY(const bool repeated, meta::was_appended(session, component, series, call));
    if (repeated) return {};
  }
  TRY(auto refused, meta::append(session, component, series, meta::most_metrics, call));
  for (std::size_t place : refused) {
    for (std::size_t i = 0; i < codes.size(); ++i) {
      if (in.MetricData[i].MetricName == series[place].name && codes[i] == nullptr) codes[i] = "METRIC_LIMIT_EXCEEDED";
    }
  }
  return {};
}

}  // namespace

Outcome<BatchPutMetricsOutput> batch_put_metrics(Context& call, const BatchPutMetricsInput& in) {
  Codes codes = check(in.MetricData, call.clock.now());
  CHECK_OK(call.store.write([&](meta::Session& session) -> Outcome<void> {
    TRY(auto component, meta::find_id(session, trial_component_kind, call.scope, in.TrialComponentName));
    if (component) return store_points(session, *component, in, call.request, codes);
    codes.assign(codes.size(), "VALIDATION_ERROR");
    return {};
  }));
  BatchPutMetricsOutput out;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (codes[i] == nullptr) continue;
    if (!out.Errors) out.Errors.emplace();
    out.Errors->push_back({.Code = codes[i], .MetricIndex = static_cast<std::int64_t>(i)});
  }
  return out;
}

}  // namespace clary::services::metrics
