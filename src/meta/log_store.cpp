// Log groups and streams: made, listed, described.
#include "meta/log_store.hpp"

#include <algorithm>

#include "meta/log_rows.hpp"
#include "meta/page_token.hpp"

namespace clary::meta {
namespace {

constexpr std::int64_t most_named_a_page = 1000;  // groups or streams

Error named_taken(Error error, std::string_view what) {
  if (error.kind != ErrorKind::already_exists) return error;
  return aws_error(ErrorKind::already_exists, "ResourceAlreadyExistsException", "The specified {} already exists",
                   what);
}

std::optional<Time> time_of(std::int64_t millis) {
  if (millis == no_event) return std::nullopt;
  return Time{millis * 1000};
}

LogStream read_stream(const Row& row) {
  return {std::string(row.text(0)), Time{row.integer(1)},    time_of(row.integer(2)),
          time_of(row.integer(3)),  time_of(row.integer(4)), row.integer(5)};
}

constexpr std::string_view stream_columns = "name, created, first_event, last_event, last_ingestion, stored_bytes";

std::string streams_sql(bool by_last_event, bool descending) {
  auto order = [&](std::string_view column) { return fmt::format("{}{}", column, descending ? " DESC" : ""); };
  const char* beyond = descending ? "<" : ">";
  if (!by_last_event) {
    return fmt::format(
        "SELECT {} FROM log_streams WHERE group_id = ? AND name >= ? AND name < ? AND name {} ? ORDER BY {} LIMIT ?",
        stream_columns, beyond, order("name"));
  }
  return fmt::format(
      "SELECT {} FROM log_streams WHERE group_id = ? AND +name >= ? AND +name < ? AND (last_event, name) {} (?, ?) "
      "ORDER BY {}, {} LIMIT ?",
      stream_columns, beyond, order("last_event"), order("name"));
}

// Before the first of all, in either direction.
PagePlace first_place(bool descending) {
  return descending ? PagePlace{after_prefix(after_prefix("")), latest, 0} : PagePlace{"", earliest, 0};
}

}  // namespace

LogStore::LogStore(std::shared_ptr<Store> store, const Clock& clock) : store_(std::move(store)), clock_(clock) {}

Outcome<void> LogStore::create_group(const Scope& scope, std::string_view group) {
  auto made = store_->write([&](Session& session) { return make_group(session, scope, group, clock_.now()); });
  if (!made) return named_taken(std::move(made).error(), "log group");
  return {};
}

Outcome<void> LogStore::create_stream(const Scope& scope, std::string_view group, std::string_view stream) {
  auto made = store_->write([&](Session& session) -> Outcome<StreamRow> {
    TRY(auto in_group, need_group(session, scope, group));
    return make_stream(session, in_group.id, stream, clock_.now());
  });
  if (!made) return named_taken(std::move(made).error(), "log stream");
  return {};
}

Outcome<void> LogStore::set_retention(const Scope& scope, std::string_view group, std::optional<std::int64_t> days) {
  return store_->write([&](Session& session) -> Outcome<void> {
    TRY(auto found, need_group(session, scope, group));
    CHECK_OK(session.run("UPDATE log_groups SET retention_days = ? WHERE id = ?",
                         {days ? Value(*days) : Value(nullptr), found.id}));
    return {};
  });
}

Outcome<LogStore::GroupPage> LogStore::groups(const Scope& scope, std::string_view prefix, std::string_view after,
                                              std::int64_t limit, std::string_view part) {
  const std::string query = fmt::format("log groups\n{}\n{}\n{}\n{}", scope.account, scope.region, prefix, part);
  PagePlace place;
  if (!after.empty()) {
    auto read = read_page_token(query, after);
    if (!read) return wrong_log_token();
    place = *std::move(read);
  }
  const auto size = static_cast<std::size_t>(std::clamp<std::int64_t>(limit, 1, most_named_a_page));
  return store_->read([&](Session& session) -> Outcome<GroupPage> {
    GroupPage page;
    bool more = false;
    CHECK_OK(session.run(
        "SELECT name, created, retention_days, stored_bytes FROM log_groups WHERE account = ? AND region = ? "
        "AND name >= ? AND name < ? AND name > ? ORDER BY name",
        {scope.account, scope.region, prefix, after_prefix(prefix), place.text},
        [&](const Row& row) {
          if (row.text(0).find(part) == std::string_view::npos) return true;
          more = page.groups.size() == size;
          if (more) return false;
          page.groups.push_back({std::string(row.text(0)), Time{row.integer(1)}, {}, row.integer(3)});
          if (!row.is_null(2)) page.groups.back().retention_days = row.integer(2);
          return true;
        }));
    if (more) page.next = make_page_token(query, {page.groups.back().name, 0, 0});
    return page;
  });
}

Outcome<LogStore::StreamPage> LogStore::streams(const Scope& scope, std::string_view group, std::string_view prefix,
                                                bool by_last_event, bool descending, std::string_view after,
                                                std::int64_t limit) {
  const std::string query = fmt::format("log streams\n{}\n{}\n{}\n{}\n{}\n{}", scope.account, scope.region, group,
                                        prefix, by_last_event, descending);
  PagePlace place = first_place(descending);
  if (!after.empty()) {
    auto read = read_page_token(query, after);
    if (!read) return wrong_log_token();
    place = *std::move(read);
  }
  const auto size = static_cast<std::size_t>(std::clamp<std::int64_t>(limit, 1, most_named_a_page));
  return store_->read([&](Session& session) -> Outcome<StreamPage> {
    TRY(auto in_group, need_group(session, scope, group));
    const std::string end = after_prefix(prefix);
    std::vector<Value> values{in_group.id, prefix, end};
    if (by_last_event) values.emplace_back(place.number);
    values.emplace_back(std::string_view(place.text));
    values.emplace_back(static_cast<std::int64_t>(size + 1));
    StreamPage page;
    bool more = false;
    std::int64_t last_event = 0;
    CHECK_OK(session.run(streams_sql(by_last_event, descending), values, [&](const Row& row) {
      more = page.streams.size() == size;
      if (more) return false;
      page.streams.push_back(read_stream(row));
      last_event = row.integer(3);
      return true;
    }));
    if (more) page.next = make_page_token(query, {page.streams.back().name, last_event, 0});
    return page;
  });
}

}  // namespace clary::meta
