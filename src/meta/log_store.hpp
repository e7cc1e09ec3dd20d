// Log groups, streams and events, as CloudWatch Logs keeps them. Events are stored in blocks (many a row), so that
// taking in a chatty job's output costs a commit a batch and not a row a line. Thread rule: any thread. Invariant: an
// event that was acknowledged is returned exactly once by a forward read, in order of timestamp, equal timestamps in
// order of arrival.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arn.hpp"
#include "base/outcome.hpp"
#include "base/time.hpp"
#include "meta/store.hpp"

namespace clary::meta {

struct LogGroup {
  std::string name;
  Time created;
  std::optional<std::int64_t> retention_days;
  std::int64_t stored_bytes = 0;
};
struct LogStream {
  std::string name;
  Time created;
  std::optional<Time> first_event, last_event, last_ingestion;
  std::int64_t stored_bytes = 0;
};
struct LogEvent {
  std::int64_t timestamp = 0;  // milliseconds
  std::int64_t ingestion = 0;  // milliseconds
  std::string message;         // valid UTF-8
};
struct FoundLogEvent {
  LogEvent event;
  std::string stream;
  std::string id;
};

class LogStore {
 public:
  LogStore(std::shared_ptr<Store> store, const Clock& clock);

  // Errors carry AWS's codes: ResourceNotFoundException, ResourceAlreadyExistsException, and for a wrong token
  // InvalidParameterException.
  Outcome<void> create_group(const Scope& scope, std::string_view group);
  Outcome<void> create_stream(const Scope& scope, std::string_view group, std::string_view stream);
  Outcome<void> delete_group(const Scope& scope, std::string_view group);
  Outcome<void> delete_stream(const Scope& scope, std::string_view group, std::string_view stream);
  Outcome<void> set_retention(const Scope& scope, std::string_view group, std::optional<std::int64_t> days);
  // A page in order of name (or of last event, newest first); `after` is the token of the page before.
  struct GroupPage {
    std::vector<LogGroup> groups;
    std::string next;
  };
  // `part`: what their names have in them.
  Outcome<GroupPage> groups(const Scope& scope, std::string_view prefix, std::string_view after, std::int64_t limit, std::string_view part = {});
  struct StreamPage {
    std::vector<LogStream> streams;
    std::string next;
  };
  Outcome<StreamPage> streams(const Scope& scope, std::string_view group, std::string_view prefix, bool by_last_event,
                              bool descending, std::string_view after, std::int64_t limit);

  // Times of ingestion are the clock's, whatever the events say. Names, sizes and counts are checked by the service.
  // Events may be older than the stream's last one; whoever follows by forward tokens sees only those after its place.
  Outcome<void> put(const Scope& scope, std::string_view group, std::string_view stream,
                    const std::vector<LogEvent>& events);
  // As put(), inside the caller's transaction; makes group and stream where they are missing. For a job's output, so
  // that the place reached in its log file is stored together with the events. Unlike put() it never files an event
  // before the stream's last one (a clock that was set back): its time becomes that one's, so that whoever follows the
  // stream misses nothing.
  Outcome<void> append(Session& session, const Scope& scope, std::string_view group, std::string_view stream,
                       const std::vector<LogEvent>& events);

  // GetLogEvents: at most `limit` events and 1 MiB, from the start or the end, or on from a token ("f/..." forward,
  // "b/..." backward). start is inclusive, end exclusive (milliseconds). Both tokens are always given; at the end the
  // forward token repeats.
  struct EventQuery {
    std::optional<std::int64_t> start, end;
    bool from_head = false;
    std::int64_t limit = 10000;
    std::string token;
  };
  struct EventPage {
    std::vector<LogEvent> events;
    std::string forward, backward;
  };
  Outcome<EventPage> events(const Scope& scope, std::string_view group, std::string_view stream,
                            const EventQuery& query);

  // FilterLogEvents over all streams, or the named ones, or those with a prefix, in order of time. `matches` is the
  // compiled pattern.
  struct FilterQuery {
    std::vector<std::string> streams;
    std::string prefix;
    std::optional<std::int64_t> start, end;
    std::int64_t limit = 10000;
    std::string token;
  };
  struct FilterPage {
    std::vector<FoundLogEvent> events;
    std::string next;
  };
  Outcome<FilterPage> filter(const Scope& scope, std::string_view group, const FilterQuery& query,
                             const std::function<bool(std::string_view)>& matches);

  // Removes what is older than its group's retention; called now and then.
  Outcome<void> expire();

 private:
  std::shared_ptr<Store> store_;
  const Clock& clock_;
};

extern const std::vector<Migration> log_migrations;

}  // namespace clary::meta
