#include "services/logs/handlers.hpp"

namespace clary::services::logs {

const Bindings bindings = bind_all<served_operations,                                          //
                                   Bind<op::CreateLogGroup, create_log_group>,                 //
                                   Bind<op::CreateLogStream, create_log_stream>,               //
                                   Bind<op::DeleteLogGroup, delete_log_group>,                 //
                                   Bind<op::DeleteLogStream, delete_log_stream>,               //
                                   Bind<op::DeleteRetentionPolicy, delete_retention_policy>,   //
                                   Bind<op::DescribeLogGroups, describe_log_groups>,           //
                                   Bind<op::DescribeLogStreams, describe_log_streams>,         //
                                   Bind<op::FilterLogEvents, filter_log_events>,               //
                                   Bind<op::GetLogEvents, get_log_events>,                     //
                                   Bind<op::PutLogEvents, put_log_events>,                     //
                                   Bind<op::PutRetentionPolicy, put_retention_policy>>();

}  // namespace clary::services::logs
