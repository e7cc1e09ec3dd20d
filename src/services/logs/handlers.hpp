// CloudWatch Logs: groups, streams and events. Called on pool threads.
#pragma once

#include "api/logs.hpp"
#include "services/binding.hpp"

namespace clary::services::logs {

using namespace clary::api::logs;

// groups.cpp
Outcome<CreateLogGroupOutput> create_log_group(Context& call, const CreateLogGroupInput& in);
Outcome<DeleteLogGroupOutput> delete_log_group(Context& call, const DeleteLogGroupInput& in);
Outcome<DescribeLogGroupsOutput> describe_log_groups(Context& call, const DescribeLogGroupsInput& in);
Outcome<PutRetentionPolicyOutput> put_retention_policy(Context& call, const PutRetentionPolicyInput& in);
Outcome<DeleteRetentionPolicyOutput> delete_retention_policy(Context& call, const DeleteRetentionPolicyInput& in);
Outcome<CreateLogStreamOutput> create_log_stream(Context& call, const CreateLogStreamInput& in);
Outcome<DeleteLogStreamOutput> delete_log_stream(Context& call, const DeleteLogStreamInput& in);
Outcome<DescribeLogStreamsOutput> describe_log_streams(Context& call, const DescribeLogStreamsInput& in);

// events.cpp
Outcome<PutLogEventsOutput> put_log_events(Context& call, const PutLogEventsInput& in);
Outcome<GetLogEventsOutput> get_log_events(Context& call, const GetLogEventsInput& in);
Outcome<FilterLogEventsOutput> filter_log_events(Context& call, const FilterLogEventsInput& in);

// A group is named by its name or its ARN (logGroupIdentifier); one of the two must be there.
Outcome<std::string> group_name(const std::optional<std::string>& name, const std::optional<std::string>& identifier);

extern const Bindings bindings;

}  // namespace clary::services::logs
