#include "services/cloudwatch/handlers.hpp"

namespace clary::services::cloudwatch {

const Bindings bindings = bind_all<served_operations,                                       //
                                   Bind<op::GetMetricData, get_metric_data>,                //
                                   Bind<op::GetMetricStatistics, get_metric_statistics>,    //
                                   Bind<op::ListMetrics, list_metrics>,                     //
                                   Bind<op::PutMetricData, put_metric_data>>();

}  // namespace clary::services::cloudwatch
