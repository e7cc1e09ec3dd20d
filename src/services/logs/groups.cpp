#include <fmt/ranges.h>

#include <algorithm>

#include "services/logs/handlers.hpp"

namespace clary::services::logs {

namespace {

// The days that AWS takes (PutRetentionPolicy, CloudWatch Logs API Reference).
constexpr std::int64_t retention_days[] = {1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                           365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};

std::string group_arn(const Scope& scope, const std::string& name) {
  return Arn{"aws", "logs", scope.region, scope.account, "log-group:" + name}.str();
}

template <typename T>
std::optional<std::int64_t> millis(const T& time) {
  if constexpr (std::is_same_v<T, Time>) {
    return time.millis();
  } else {
    return time ? std::optional(time->millis()) : std::nullopt;
  }
}

}  // namespace

Outcome<std::string> group_name(const std::optional<std::string>& name, const std::optional<std::string>& identifier) {
  if (name.has_value() == identifier.has_value())
    return validation("Exactly one of logGroupName and logGroupIdentifier must be given.");
  if (name) return *name;
  auto arn = parse_arn(*identifier);
  if (!arn) return *identifier;
  std::string group(arn->name());
  if (group.ends_with(":*")) group.resize(group.size() - 2);
  return group;
}

Outcome<CreateLogGroupOutput> create_log_group(Context& call, const CreateLogGroupInput& in) {
  CHECK_OK(call.logs.create_group(call.scope, in.logGroupName));
  return CreateLogGroupOutput{};
}

Outcome<DeleteLogGroupOutput> delete_log_group(Context& call, const DeleteLogGroupInput& in) {
  CHECK_OK(call.logs.delete_group(call.scope, in.logGroupName));
  return DeleteLogGroupOutput{};
}

Outcome<DescribeLogGroupsOutput> describe_log_groups(Context& call, const DescribeLogGroupsInput& in) {
  if (in.logGroupNamePattern && in.logGroupNamePrefix)
    return validation("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
  TRY(auto page, call.logs.groups(call.scope, in.logGroupNamePrefix.value_or(""), in.nextToken.value_or(""), in.limit.value_or(50),
                                  in.logGroupNamePattern.value_or("")));
  DescribeLogGroupsOutput out;
  out.logGroups.emplace();
  for (const meta::LogGroup& group : page.groups) {
    std::string arn = group_arn(call.scope, group.name);
    out.logGroups->push_back({.logGroupName = group.name,
                              .creationTime = millis(group.created),
                              .retentionInDays = group.retention_days,
                              .metricFilterCount = 0,
                              .arn = arn + ":*",
                              .storedBytes = group.stored_bytes,
                              .logGroupClass = "STANDARD",
                              .logGroupArn = arn});
  }
  if (!page.next.empty()) out.nextToken = page.next;
  return out;
}

Outcome<PutRetentionPolicyOutput> put_retention_policy(Context& call, const PutRetentionPolicyInput& in) {
  if (std::find(std::begin(retention_days), std::end(retention_days), in.retentionInDays) == std::end(retention_days))
    return validation("1 validation error detected: Value '{}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum "
                      "value set: [{}]",
                      in.retentionInDays, fmt::join(retention_days, ", "));
  CHECK_OK(call.logs.set_retention(call.scope, in.logGroupName, in.retentionInDays));
  return PutRetentionPolicyOutput{};
}

Outcome<DeleteRetentionPolicyOutput> delete_retention_policy(Context& call, const DeleteRetentionPolicyInput& in) {
  CHECK_OK(call.logs.set_retention(call.scope, in.logGroupName, std::nullopt));
  return DeleteRetentionPolicyOutput{};
}

Outcome<CreateLogStreamOutput> create_log_stream(Context& call, const CreateLogStreamInput& in) {
  CHECK_OK(call.logs.create_stream(call.scope, in.logGroupName, in.logStreamName));
  return CreateLogStreamOutput{};
}

Outcome<DeleteLogStreamOutput> delete_log_stream(Context& call, const DeleteLogStreamInput& in) {
  CHECK_OK(call.logs.delete_stream(call.scope, in.logGroupName, in.logStreamName));
  return DeleteLogStreamOutput{};
}

Outcome<DescribeLogStreamsOutput> describe_log_streams(Context& call, const DescribeLogStreamsInput& in) {
  TRY(std::string group, group_name(in.logGroupName, in.logGroupIdentifier));
  bool by_last_event = in.orderBy == "LastEventTime";
  if (by_last_event && in.logStreamNamePrefix) return validation("Cannot order by LastEventTime with a logStreamNamePrefix.");
  TRY(auto page, call.logs.streams(call.scope, group, in.logStreamNamePrefix.value_or(""), by_last_event, in.descending.value_or(false),
                                   in.nextToken.value_or(""), in.limit.value_or(50)));
  DescribeLogStreamsOutput out;
  out.logStreams.emplace();
  for (const meta::LogStream& stream : page.streams) {
    out.logStreams->push_back({.logStreamName = stream.name,
                               .creationTime = millis(stream.created),
                               .firstEventTimestamp = millis(stream.first_event),
                               .lastEventTimestamp = millis(stream.last_event),
                               .lastIngestionTime = millis(stream.last_ingestion),
                               .arn = group_arn(call.scope, group) + ":log-stream:" + stream.name,
                               .storedBytes = stream.stored_bytes});
  }
  if (!page.next.empty()) out.nextToken = page.next;
  return out;
}

}  // namespace clary::services::logs
