// One SQLite connection with its prepared statements; what a Session is in the embedded store.
// Owned by the read pool or by the group writer. Thread rule: one thread at a time.
// Invariant: no statement is left half-run when run() returns, so nothing holds a snapshot open by accident.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "meta/store.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace clary::meta {

class Connection final : public Session {
 public:
  enum class Role { writer, reader };
  // `durable` off skips fsync: for databases that nobody will open again.
  static Outcome<std::unique_ptr<Connection>> open(const std::string& path, Role role, bool durable);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Outcome<std::int64_t> run(std::string_view sql, const std::vector<Value>& values = {},
                            const std::function<bool(const Row&)>& each = {}) override;
  // Several statements at once, not kept.
  Outcome<void> execute(const std::string& sql);
  bool in_transaction() const;

  // The log has grown enough for a checkpoint to be worth it.
  bool checkpoint_due();
  // Moves what the log holds into the database file.
  void checkpoint();

 private:
  struct Statement {
    std::string sql;
    sqlite3_stmt* handle = nullptr;
    bool busy = false;
  };
  using Cache = std::list<Statement>;  // the last used first
  class Lease;

  explicit Connection(sqlite3* db);
  Outcome<sqlite3_stmt*> prepare(std::string_view sql);
  Outcome<Cache::iterator> cached(std::string_view sql);
  void evict();
  static int on_commit(void* self, sqlite3* db, const char* schema, int frames);

  sqlite3* db_;
  Cache cache_;
  std::unordered_map<std::string_view, Cache::iterator> by_text_;
  int wal_frames_ = 0;
  int checkpoint_at_;
};

}  // namespace clary::meta
