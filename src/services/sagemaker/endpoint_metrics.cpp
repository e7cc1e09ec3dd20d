#include "services/sagemaker/endpoint_metrics.hpp"

namespace clary::services::sagemaker {

namespace {

// Of so many events `ones` were 1 and the others 0.
meta::Datum ones_of(std::uint64_t count, std::uint64_t ones) {
  meta::Datum datum{.unit = "None", .values = {}};
  datum.count = static_cast<double>(count), datum.sum = static_cast<double>(ones);
  datum.min = ones == count ? 1 : 0, datum.max = ones == 0 ? 0 : 1;
  if (datum.min == datum.max) return datum;
  datum.values.add(0, static_cast<double>(count - ones));
  datum.values.add(1, static_cast<double>(ones));
  return datum;
}

// Each invocation counts for its part of an instance.
meta::Datum shares_of(std::uint64_t count, std::size_t instances) {
  meta::Datum datum{.unit = "None", .values = {}};
  datum.count = static_cast<double>(count);
  datum.min = datum.max = 1 / static_cast<double>(instances);
  datum.sum = datum.count * datum.min;
  return datum;
}

Outcome<void> put_counts(meta::Session& session, const serving::VariantCounts& counts, Time time) {
  const std::vector<meta::Dimension> dimensions{{"EndpointName", counts.endpoint}, {"VariantName", counts.variant}};
  auto put_one = [&](const char* name, meta::Datum datum) -> Outcome<void> {
    if (datum.count == 0) return {};
    datum.time = time;
    return meta::put(session, counts.scope, {"AWS/SageMaker", name, dimensions}, {&datum, 1});
  };
  CHECK_OK(put_one("Invocations", ones_of(counts.invocations, counts.invocations)));
  CHECK_OK(put_one("InvocationsPerInstance", shares_of(counts.invocations, counts.instances)));
  CHECK_OK(put_one("Invocation4XXErrors", ones_of(counts.invocations, counts.errors_4xx)));
  CHECK_OK(put_one("Invocation5XXErrors", ones_of(counts.invocations, counts.errors_5xx)));
  CHECK_OK(put_one("InvocationModelErrors", ones_of(counts.invocations, counts.model_errors)));
  CHECK_OK(put_one("ModelLatency", counts.model_latency));
  return put_one("OverheadLatency", counts.overhead);
}

}  // namespace

Outcome<void> EndpointMetrics::store(Time since) {
  if (taken_.empty()) {
    taken_ = endpoints_.take_counts();
    since_ = since;
  }
  if (taken_.empty()) return {};
  CHECK_OK(store_.write([&](meta::Session& session) -> Outcome<void> {
    for (const serving::VariantCounts& counts : taken_) CHECK_OK(put_counts(session, counts, since_));
    return {};
  }));
  taken_.clear();
  return {};
}

}  // namespace clary::services::sagemaker
