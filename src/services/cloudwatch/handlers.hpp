// CloudWatch: data of metrics in and out, over meta/data_points.hpp. Called on pool threads.
#pragma once

#include "api/cloudwatch.hpp"
#include "services/binding.hpp"

namespace clary::services::cloudwatch {

using namespace clary::api::cloudwatch;

Outcome<PutMetricDataOutput> put_metric_data(Context& call, const PutMetricDataInput& in);
Outcome<GetMetricStatisticsOutput> get_metric_statistics(Context& call, const GetMetricStatisticsInput& in);
Outcome<GetMetricDataOutput> get_metric_data(Context& call, const GetMetricDataInput& in);
Outcome<ListMetricsOutput> list_metrics(Context& call, const ListMetricsInput& in);

extern const Bindings bindings;

}  // namespace clary::services::cloudwatch
