#include "services/cloudwatch/handlers.hpp"
#include "services/cloudwatch/periods.hpp"

namespace clary::services::cloudwatch {

namespace {

constexpr std::int64_t recently_seconds = 3 * 3600;
constexpr std::int64_t listed_seconds = 14 * 24 * 3600;  // a metric without data for longer is not listed, though its data can be read

}  // namespace

Outcome<ListMetricsOutput> list_metrics(Context& call, const ListMetricsInput& in) {
  meta::MetricQuery query{.scope = call.scope, .space = in.Namespace.value_or(""), .name = in.MetricName.value_or("")};
  for (const auto& filter : in.Dimensions.value_or(std::vector<DimensionFilter>{})) query.dimensions.push_back({filter.Name, filter.Value});
  const std::int64_t active = in.RecentlyActive ? recently_seconds : listed_seconds;
  query.active_since = Time{call.clock.now().micros - active * 1'000'000};
  query.after = in.NextToken.value_or("");
  auto page = call.store.read([&](meta::Session& session) { return meta::list_metrics(session, query); });
  if (!page && page.error().kind == ErrorKind::validation) return validation("Invalid nextToken");
  if (!page) return std::move(page).error();
  ListMetricsOutput out;
  out.Metrics.emplace();
  for (meta::MetricId& metric : page->metrics) {
    Metric told{.Namespace = std::move(metric.space), .MetricName = std::move(metric.name), .Dimensions = std::vector<Dimension>{}};
    for (meta::Dimension& dimension : metric.dimensions) told.Dimensions->push_back({std::move(dimension.name), std::move(dimension.value)});
    out.Metrics->push_back(std::move(told));
  }
  if (in.IncludeLinkedAccounts.value_or(false)) out.OwningAccounts.emplace(out.Metrics->size(), call.scope.account);
  if (!page->next.empty()) out.NextToken = page->next;
  return out;
}

}  // namespace clary::services::cloudwatch
