// SageMaker Metrics: points of the metrics of trial components, put and read back as series (meta/series.hpp). Called on pool threads.
#pragma once

#include "api/sagemaker-metrics.hpp"
#include "services/binding.hpp"

namespace clary::services::metrics {

using namespace clary::api::sagemaker_metrics;

// put.cpp
Outcome<BatchPutMetricsOutput> batch_put_metrics(Context& call, const BatchPutMetricsInput& in);
// get.cpp
Outcome<BatchGetMetricsOutput> batch_get_metrics(Context& call, const BatchGetMetricsInput& in);

// The type of a trial component, as its record's kind and its ARN spell it.
inline constexpr std::string_view trial_component_kind = "experiment-trial-component";

extern const Bindings bindings;

}  // namespace clary::services::metrics
