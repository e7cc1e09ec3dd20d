#include <algorithm>
#include <cstdint>

#include "services/logs/filter_pattern.hpp"
#include "services/logs/handlers.hpp"

namespace clary::services::logs {

namespace {

// Limits of PutLogEvents (CloudWatch Logs API Reference).
constexpr std::int64_t largest_batch = 1'048'576;  // bytes, with 26 more for each event
constexpr std::int64_t event_overhead = 26;
constexpr std::int64_t day = 86'400'000;  // milliseconds
constexpr std::int64_t oldest = 14 * day;
constexpr std::int64_t newest = day / 12;  // two hours ahead
constexpr std::int64_t longest_span = day;

Outcome<void> check_batch(const std::vector<InputLogEvent>& events) {
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    bytes += static_cast<std::int64_t>(events[i].message.size()) + event_overhead;
    if (i > 0 && events[i].timestamp < events[i - 1].timestamp)
      return aws_error(ErrorKind::validation, "InvalidParameterException",
                       "Log events in a single PutLogEvents request must be in chronological order.");
  }
  if (bytes > largest_batch) return validation("Upload too large: {} bytes exceeds limit of {}", bytes, largest_batch);
  if (events.back().timestamp - events.front().timestamp > longest_span)
    return validation("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  return {};
}

}  // namespace

Outcome<PutLogEventsOutput> put_log_events(Context& call, const PutLogEventsInput& in) {
  CHECK_OK(check_batch(in.logEvents));
  PutLogEventsOutput out;
  std::int64_t now = call.clock.now().millis();
  std::vector<meta::LogEvent> accepted;
  RejectedLogEventsInfo rejected;
  for (std::size_t i = 0; i < in.logEvents.size(); ++i) {
    const InputLogEvent& event = in.logEvents[i];
    auto index = static_cast<std::int64_t>(i);
    if (event.timestamp < now - oldest) {
      rejected.tooOldLogEventEndIndex = index + 1;
    } else if (event.timestamp > now + newest) {
      if (!rejected.tooNewLogEventStartIndex) rejected.tooNewLogEventStartIndex = index;
    } else {
      accepted.push_back({event.timestamp, now, event.message});
    }
  }
  CHECK_OK(call.logs.put(call.scope, in.logGroupName, in.logStreamName, accepted));
  if (rejected.tooOldLogEventEndIndex || rejected.tooNewLogEventStartIndex) out.rejectedLogEventsInfo = rejected;
  // Sequence tokens are no longer checked, but always answered.
  out.nextSequenceToken = fmt::format("{:056}", call.clock.now().micros);
  return out;
}

Outcome<GetLogEventsOutput> get_log_events(Context& call, const GetLogEventsInput& in) {
  TRY(std::string group, group_name(in.logGroupName, in.logGroupIdentifier));
  meta::LogStore::EventQuery query;
  query.start = in.startTime;
  query.end = in.endTime;
  query.from_head = in.startFromHead.value_or(false);
  query.limit = in.limit.value_or(10000);
  query.token = in.nextToken.value_or("");
  TRY(auto page, call.logs.events(call.scope, group, in.logStreamName, query));
  GetLogEventsOutput out;
  out.events.emplace();
  for (meta::LogEvent& event : page.events) out.events->push_back({event.timestamp, std::move(event.message), event.ingestion});
  out.nextForwardToken = page.forward;
  out.nextBackwardToken = page.backward;
  return out;
}

Outcome<FilterLogEventsOutput> filter_log_events(Context& call, const FilterLogEventsInput& in) {
  TRY(std::string group, group_name(in.logGroupName, in.logGroupIdentifier));
  if (in.logStreamNames && in.logStreamNamePrefix)
    return validation("Specify either logStreamNames or logStreamNamePrefix, not both.");
  TRY(FilterPattern pattern, FilterPattern::parse(in.filterPattern.value_or("")));
  meta::LogStore::FilterQuery query;
  query.streams = in.logStreamNames.value_or(std::vector<std::string>{});
  query.prefix = in.logStreamNamePrefix.value_or("");
  query.start = in.startTime;
  if (in.endTime) query.end = std::min(*in.endTime, INT64_MAX - 1) + 1;  // here the end is inclusive; GetLogEvents leaves it out
  query.limit = in.limit.value_or(10000);
  query.token = in.nextToken.value_or("");
  TRY(auto page, call.logs.filter(call.scope, group, query, [&](std::string_view message) { return pattern.matches(message); }));
  FilterLogEventsOutput out;
  out.events.emplace();
  out.searchedLogStreams.emplace();
  for (meta::FoundLogEvent& found : page.events)
    out.events->push_back({found.stream, found.event.timestamp, std::move(found.event.message), found.event.ingestion, found.id});
  if (!page.next.empty()) out.nextToken = page.next;
  return out;
}

}  // namespace clary::services::logs
