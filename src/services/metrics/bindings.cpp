#include "services/metrics/handlers.hpp"

namespace clary::services::metrics {

const Bindings bindings = bind_all<served_operations,                             //
                                   Bind<op::BatchGetMetrics, batch_get_metrics>,  //
                                   Bind<op::BatchPutMetrics, batch_put_metrics>>();

}  // namespace clary::services::metrics
