// The rows of log groups and streams, as the files of the log store share them, and the places of events in their
// order. Thread rule: the Session's. Invariant: ids of groups and streams are never used again, so a place never points
// into a later namesake.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "meta/log_store.hpp"

namespace clary::meta {

constexpr std::int64_t no_event = -1;  // first and last event of a stream that has none

struct GroupRow {
  std::int64_t id = 0;
  std::optional<std::int64_t> retention_days;
  // The longest stretch of time in one block, ever: how far before a time its events may be filed.
  std::int64_t widest = 0;
};

struct StreamRow {
  std::int64_t id = 0;
  std::int64_t first_event = no_event, last_event = no_event;  // milliseconds
  std::int64_t next_seq = 0;                                   // of its next block
  std::int64_t widest = 0;
  std::int64_t tail_size = 0;  // bytes of its newest block
};

Outcome<std::optional<GroupRow>> find_group(Session& session, const Scope& scope, std::string_view name);
Outcome<std::optional<StreamRow>> find_stream(Session& session, std::int64_t group, std::string_view name);
// As above; ResourceNotFoundException where there is none.
Outcome<GroupRow> need_group(Session& session, const Scope& scope, std::string_view name);
Outcome<StreamRow> need_stream(Session& session, std::int64_t group, std::string_view name);
Outcome<GroupRow> make_group(Session& session, const Scope& scope, std::string_view name, Time now);
Outcome<StreamRow> make_stream(Session& session, std::int64_t group, std::string_view name, Time now);

// The end of a range of names: greater than every name that begins with the prefix.
std::string after_prefix(std::string_view prefix);

// Where an event stands in the order of all; as a boundary: before it, and after all lesser ones.
struct LogPlace {
  std::int64_t timestamp = 0, stream = 0, seq = 0, index = 0;
  auto operator<=>(const LogPlace&) const = default;
};
// Bounds of time that leave room for sums.
constexpr std::int64_t earliest = std::numeric_limits<std::int64_t>::min() / 4;
constexpr std::int64_t latest = std::numeric_limits<std::int64_t>::max() / 4;

std::string place_token(const LogPlace& place);
std::optional<LogPlace> read_place_token(std::string_view token);
Error wrong_log_token();

}  // namespace clary::meta
