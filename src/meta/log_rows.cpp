#include "meta/log_rows.hpp"

#include <algorithm>
#include <charconv>

namespace clary::meta {

// Each block stands in three orders: of its group and of its stream by first event (forward reads), of its stream by
// last (backward).
const std::vector<Migration> log_migrations = {{100, R"sql(
CREATE TABLE log_ids (next BIGINT NOT NULL);
INSERT INTO log_ids (next) VALUES (1);
CREATE TABLE log_groups (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  name TEXT NOT NULL,
  created BIGINT NOT NULL,
  retention_days BIGINT,
  stored_bytes BIGINT NOT NULL,
  widest BIGINT NOT NULL,
  UNIQUE (account, region, name)
);
CREATE TABLE log_streams (
  id INTEGER PRIMARY KEY,
  group_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  created BIGINT NOT NULL,
  first_event BIGINT NOT NULL,
  last_event BIGINT NOT NULL,
  last_ingestion BIGINT NOT NULL,
  stored_bytes BIGINT NOT NULL,
  next_seq BIGINT NOT NULL,
  widest BIGINT NOT NULL,
  tail_size BIGINT NOT NULL,
  UNIQUE (group_id, name)
);
CREATE INDEX log_streams_last ON log_streams (group_id, last_event, name);
CREATE TABLE log_blocks (
  stream_id BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  group_id BIGINT NOT NULL,
  first_event BIGINT NOT NULL,
  last_event BIGINT NOT NULL,
  events BIGINT NOT NULL,
  stored_bytes BIGINT NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (stream_id, seq)
);
CREATE INDEX log_blocks_first ON log_blocks (stream_id, first_event, seq, last_event);
CREATE INDEX log_blocks_last ON log_blocks (stream_id, last_event, seq, first_event);
CREATE INDEX log_blocks_group ON log_blocks (group_id, first_event, stream_id, seq, last_event);
CREATE TABLE log_trash (
  id BIGINT PRIMARY KEY,
  is_group BIGINT NOT NULL
);
)sql"}};

namespace {

Outcome<std::int64_t> next_id(Session& session) {
  std::int64_t id = 0;
  CHECK_OK(session.run("UPDATE log_ids SET next = next + 1 RETURNING next - 1", {}, [&](const Row& row) {
    id = row.integer(0);
    return true;
  }));
  return id;
}

}  // namespace

Outcome<std::optional<GroupRow>> find_group(Session& session, const Scope& scope, std::string_view name) {
  std::optional<GroupRow> found;
  CHECK_OK(
      session.run("SELECT id, retention_days, widest FROM log_groups WHERE account = ? AND region = ? AND name = ?",
                  {scope.account, scope.region, name}, [&](const Row& row) {
                    found.emplace();
                    found->id = row.integer(0);
                    if (!row.is_null(1)) found->retention_days = row.integer(1);
                    found->widest = row.integer(2);
                    return true;
                  }));
  return found;
}

Outcome<std::optional<StreamRow>> find_stream(Session& session, std::int64_t group, std::string_view name) {
  std::optional<StreamRow> found;
  CHECK_OK(session.run(
      "SELECT id, first_event, last_event, next_seq, widest, tail_size FROM log_streams WHERE group_id = ? AND name = "
      "?",
      {group, name}, [&](const Row& row) {
        found =
            StreamRow{row.integer(0), row.integer(1), row.integer(2), row.integer(3), row.integer(4), row.integer(5)};
        return true;
      }));
  return found;
}

Outcome<GroupRow> need_group(Session& session, const Scope& scope, std::string_view name) {
  TRY(auto found, find_group(session, scope, name));
  if (!found)
    return aws_error(ErrorKind::not_found, "ResourceNotFoundException", "The specified log group does not exist.");
  return *found;
}

Outcome<StreamRow> need_stream(Session& session, std::int64_t group, std::string_view name) {
  TRY(auto found, find_stream(session, group, name));
  if (!found)
    return aws_error(ErrorKind::not_found, "ResourceNotFoundException", "The specified log stream does not exist.");
  return *found;
}

Outcome<GroupRow> make_group(Session& session, const Scope& scope, std::string_view name, Time now) {
  GroupRow group;
  TRY(group.id, next_id(session));
  CHECK_OK(
      session.run("INSERT INTO log_groups (id, account, region, name, created, retention_days, stored_bytes, widest) "
                  "VALUES (?, ?, ?, ?, ?, NULL, 0, 0)",
                  {group.id, scope.account, scope.region, name, now.micros}));
  return group;
}

Outcome<StreamRow> make_stream(Session& session, std::int64_t group, std::string_view name, Time now) {
  StreamRow stream;
  TRY(stream.id, next_id(session));
  CHECK_OK(session.run(
      "INSERT INTO log_streams (id, group_id, name, created, first_event, last_event, last_ingestion, stored_bytes, "
      "next_seq, widest, tail_size) VALUES (?, ?, ?, ?, -1, -1, -1, 0, 0, 0, 0)",
      {stream.id, group, name, now.micros}));
  return stream;
}

std::string after_prefix(std::string_view prefix) {
  return std::string(prefix) + "\xf4\x8f\xbf\xbf";
}

std::string place_token(const LogPlace& place) {
  auto plain = [](std::int64_t number) { return static_cast<std::uint64_t>(number); };
  return fmt::format("{:016x}{:016x}{:016x}{:016x}", plain(place.timestamp), plain(place.stream), plain(place.seq),
                     plain(place.index));
}

std::optional<LogPlace> read_place_token(std::string_view token) {
  if (token.size() != 64) return std::nullopt;
  std::int64_t numbers[4];
  for (std::size_t i = 0; i < 4; ++i) {
    std::uint64_t number = 0;
    const char* begin = token.data() + 16 * i;
    auto [end, fault] = std::from_chars(begin, begin + 16, number, 16);
    if (fault != std::errc() || end != begin + 16) return std::nullopt;
    numbers[i] = static_cast<std::int64_t>(number);
  }
  return LogPlace{std::clamp(numbers[0], earliest, latest), numbers[1], numbers[2], numbers[3]};
}

Error wrong_log_token() {
  return aws_error(ErrorKind::validation, "InvalidParameterException", "The specified nextToken is invalid.");
}

}  // namespace clary::meta
