// Endpoints::take_counts(): from the counters of the data path to figures.
#include <algorithm>

#include "serving/endpoints_state.hpp"

namespace clary::serving {

std::vector<VariantCounts> Endpoints::take_counts() {
  auto& counted = state_->counted;
  for (const auto& [key, endpoint] : state_->publisher.table()->endpoints) {
    for (const auto& variant : endpoint->variants)
      counted[variant.counters.get()] = {endpoint->scope, endpoint->name, variant.name, std::max<std::size_t>(variant.replicas.size(), 1),
                                         variant.counters};
  }
  std::vector<VariantCounts> taken;
  for (auto at = counted.begin(); at != counted.end();) {
    const bool last = at->second.counters.use_count() == 1;  // looked at before they are read, or the last would be missed
    VariantCounters& counters = *at->second.counters;
    if (auto latency = counters.model_latency.take()) {
      VariantCounts counts{at->second.scope, at->second.endpoint, at->second.variant, at->second.instances};
      counts.invocations = static_cast<std::uint64_t>(latency->count);
      counts.errors_4xx = take_at_most(counters.errors_4xx, counts.invocations);
      counts.errors_5xx = take_at_most(counters.errors_5xx, counts.invocations);
      counts.model_errors = take_at_most(counters.model_errors, counts.invocations);
      counts.model_latency = *std::move(latency);
      if (auto overhead = counters.overhead.take()) counts.overhead = *std::move(overhead);
      taken.push_back(std::move(counts));
    }
    at = last ? counted.erase(at) : std::next(at);
  }
  return taken;
}

}  // namespace clary::serving
