// Removal. A group or stream that is deleted is gone at once, by its row; its events follow in small writes, so that
// nobody waits for long, and what a crash leaves of them stands in the trash until expire() takes it.
#include "meta/log_rows.hpp"

namespace clary::meta {
namespace {

constexpr std::int64_t blocks_a_write = 64;  // up to 8 MiB of pages to free
constexpr std::int64_t streams_a_write = 1000;
constexpr int writes_a_call = 64;  // of a Delete call; expire() does the rest
constexpr std::int64_t day = 24LL * 3600 * 1000;

struct Trash {
  std::int64_t id = 0;
  bool is_group = false;
};

// One bounded piece of the work; false when there is none left.
Outcome<bool> sweep_some(Session& session) {
  std::optional<Trash> trash;
  CHECK_OK(session.run("SELECT id, is_group FROM log_trash ORDER BY id LIMIT 1", {}, [&](const Row& row) {
    trash = Trash{row.integer(0), row.integer(1) != 0};
    return false;
  }));
  if (!trash) return false;
  std::int64_t removed = 0;
  if (trash->is_group) {
    TRY(removed, session.run("DELETE FROM log_blocks WHERE (stream_id, seq) IN "
                             "(SELECT stream_id, seq FROM log_blocks WHERE group_id = ? LIMIT ?)",
                             {trash->id, blocks_a_write}));
    if (removed > 0) return true;
    TRY(removed,
        session.run("DELETE FROM log_streams WHERE id IN (SELECT id FROM log_streams WHERE group_id = ? LIMIT ?)",
                    {trash->id, streams_a_write}));
  } else {
    TRY(removed, session.run("DELETE FROM log_blocks WHERE stream_id = ? AND seq IN "
                             "(SELECT seq FROM log_blocks WHERE stream_id = ? LIMIT ?)",
                             {trash->id, trash->id, blocks_a_write}));
  }
  if (removed == 0) CHECK_OK(session.run("DELETE FROM log_trash WHERE id = ?", {trash->id}));
  return true;
}

Outcome<void> sweep(Store& store, int most_writes) {
  for (int i = 0; i < most_writes; ++i) {
    TRY(bool more, store.write([](Session& session) { return sweep_some(session); }));
    if (!more) return {};
  }
  return {};
}

// The stream's sums after blocks of it are gone.
Outcome<void> recount(Session& session, std::int64_t stream, std::int64_t bytes) {
  std::int64_t first = no_event;
  CHECK_OK(session.run("SELECT first_event FROM log_blocks WHERE stream_id = ? ORDER BY first_event, seq LIMIT 1",
                       {stream}, [&](const Row& row) {
                         first = row.integer(0);
                         return true;
                       }));
  CHECK_OK(
      session.run("UPDATE log_streams SET stored_bytes = stored_bytes - ?, first_event = ?, "
                  "last_event = CASE WHEN ? = -1 THEN -1 ELSE last_event END WHERE id = ?",
                  {bytes, first, first, stream}));
  return {};
}

struct Expired {
  std::int64_t stream, seq, bytes;
};

Outcome<bool> expire_some(Session& session, std::int64_t group, std::int64_t before) {
  std::vector<Expired> blocks;
  CHECK_OK(session.run(
      "SELECT stream_id, seq, stored_bytes FROM log_blocks WHERE group_id = ? AND first_event < ? AND last_event < ? "
      "ORDER BY first_event LIMIT ?",
      {group, before, before, blocks_a_write}, [&](const Row& row) {
        blocks.push_back({row.integer(0), row.integer(1), row.integer(2)});
        return true;
      }));
  std::int64_t bytes = 0;
  for (const auto& block : blocks) {
    CHECK_OK(session.run("DELETE FROM log_blocks WHERE stream_id = ? AND seq = ?", {block.stream, block.seq}));
    CHECK_OK(recount(session, block.stream, block.bytes));
    bytes += block.bytes;
  }
  CHECK_OK(session.run("UPDATE log_groups SET stored_bytes = stored_bytes - ? WHERE id = ?", {bytes, group}));
  return static_cast<std::int64_t>(blocks.size()) == blocks_a_write;
}

}  // namespace

Outcome<void> LogStore::delete_group(const Scope& scope, std::string_view group) {
  CHECK_OK(store_->write([&](Session& session) -> Outcome<void> {
    TRY(auto found, need_group(session, scope, group));
    CHECK_OK(session.run("DELETE FROM log_groups WHERE id = ?", {found.id}));
    CHECK_OK(session.run("INSERT INTO log_trash (id, is_group) VALUES (?, 1)", {found.id}));
    return {};
  }));
  return sweep(*store_, writes_a_call);
}

Outcome<void> LogStore::delete_stream(const Scope& scope, std::string_view group, std::string_view stream) {
  CHECK_OK(store_->write([&](Session& session) -> Outcome<void> {
    TRY(auto in_group, need_group(session, scope, group));
    TRY(auto found, need_stream(session, in_group.id, stream));
    CHECK_OK(session.run(
        "UPDATE log_groups SET stored_bytes = stored_bytes - (SELECT stored_bytes FROM log_streams WHERE id = ?) "
        "WHERE id = ?",
        {found.id, in_group.id}));
    CHECK_OK(session.run("DELETE FROM log_streams WHERE id = ?", {found.id}));
    CHECK_OK(session.run("INSERT INTO log_trash (id, is_group) VALUES (?, 0)", {found.id}));
    return {};
  }));
  return sweep(*store_, writes_a_call);
}

Outcome<void> LogStore::expire() {
  struct Kept {
    std::int64_t group, days;
  };
  std::vector<Kept> kept;
  CHECK_OK(store_->read([&](Session& session) {
    return session.run("SELECT id, retention_days FROM log_groups WHERE retention_days IS NOT NULL", {},
                       [&](const Row& row) {
                         kept.push_back({row.integer(0), row.integer(1)});
                         return true;
                       });
  }));
  const std::int64_t now = clock_.now().millis();
  for (const auto& [group, days] : kept) {
    bool more = true;
    while (more) {
      TRY(more, store_->write([&](Session& session) { return expire_some(session, group, now - days * day); }));
    }
  }
  bool more = true;
  while (more) {
    TRY(more, store_->write([](Session& session) { return sweep_some(session); }));
  }
  return {};
}

}  // namespace clary::meta
