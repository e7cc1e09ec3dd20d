#include "meta/sqlite_connection.hpp"

#include <fcntl.h>
#include <mutex>
#include <sqlite3.h>
#include <utility>

#include "io/file.hpp"
#include "meta/log.hpp"
#include "meta/sqlite_error.hpp"

namespace clary::meta {
namespace {

constexpr std::size_t max_statements = 96;
constexpr int checkpoint_frames = 4000;  // 16 MiB of 4 KiB pages

class SqliteRow final : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}
  std::int64_t integer(int column) const override { return sqlite3_column_int64(statement_, column); }
  double real(int column) const override { return sqlite3_column_double(statement_, column); }
  std::string_view text(int column) const override {
    // For a blob sqlite3_column_text would copy; column_blob gives the bytes of either.
    const void* data = sqlite3_column_blob(statement_, column);
    if (!data) return {};
    return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }
  bool is_null(int column) const override { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

 private:
  sqlite3_stmt* statement_;
};

int bind_one(sqlite3_stmt* statement, int index, const Value& value) {
  struct Binder {
    sqlite3_stmt* statement;
    int index;
    int operator()(std::nullptr_t) const { return sqlite3_bind_null(statement, index); }
    int operator()(std::int64_t v) const { return sqlite3_bind_int64(statement, index, v); }
    int operator()(double v) const { return sqlite3_bind_double(statement, index, v); }
    // An empty view may hold a null pointer, which SQLite would store as NULL. The bytes outlive the run: nothing is
    // copied.
    int operator()(std::string_view v) const {
      return sqlite3_bind_text64(statement, index, v.data() ? v.data() : "", v.size(), SQLITE_STATIC, SQLITE_UTF8);
    }
    int operator()(const Bytes& v) const {
      return sqlite3_bind_blob64(statement, index, v.data.data(), v.data.size(), SQLITE_STATIC);
    }
  };
  return std::visit(Binder{statement, index}, value);
}

void configure_library_once() {
  static std::once_flag once;
  // The counters of memory in use cost a global lock at every allocation.
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

// No mmap: mapped pages would count as ours, and a file cut short by a fault of the disk would be a SIGBUS instead of
// an error.
std::string settings(Connection::Role role, bool durable) {
  std::string sql = "PRAGMA busy_timeout=10000; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0;";
  if (role == Connection::Role::reader) return sql + "PRAGMA cache_size=-512; PRAGMA query_only=ON;";
  sql +=
      "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=67108864; PRAGMA "
      "cache_size=-2048; PRAGMA secure_delete=OFF;";
  return sql + (durable ? "PRAGMA synchronous=FULL;" : "PRAGMA synchronous=OFF;");
}

}  // namespace

// A statement in use: reset when it goes, so that an exception or an early stop leaves nothing open.
class Connection::Lease {
 public:
  static Outcome<Lease> take(Connection& connection, std::string_view sql) {
    TRY(auto place, connection.cached(sql));
    if (!place->busy) {
      place->busy = true;
      return Lease(place, nullptr);
    }
    // The same text is running further up the stack: this run needs a cursor of its own.
    TRY(sqlite3_stmt * own, connection.prepare(sql));
    return Lease(place, own);
  }
  Lease(Lease&& other) noexcept : place_(other.place_), own_(other.own_), live_(std::exchange(other.live_, false)) {}
  Lease& operator=(Lease&&) = delete;
  ~Lease() {
    if (live_) finish();
  }
  sqlite3_stmt* handle() const { return own_ ? own_ : place_->handle; }
  void finish() {
    live_ = false;
    if (own_) {
      sqlite3_finalize(own_);
      return;
    }
    sqlite3_reset(place_->handle);
    sqlite3_clear_bindings(place_->handle);
    place_->busy = false;
  }

 private:
  Lease(Cache::iterator place, sqlite3_stmt* own) : place_(place), own_(own) {}
  Cache::iterator place_;
  sqlite3_stmt* own_;
  bool live_ = true;
};

Connection::Connection(sqlite3* db) : db_(db), checkpoint_at_(checkpoint_frames) {}

Connection::~Connection() {
  for (auto& statement : cache_) sqlite3_finalize(statement.handle);
  sqlite3_close(db_);
}

Outcome<std::unique_ptr<Connection>> Connection::open(const std::string& path, Role role, bool durable) {
  configure_library_once();
  if (role == Role::writer) {
    // Made by us, because SQLite would let everybody read it; its log and index take the database's mode.
    TRY(auto file, io::File::open(path, O_RDWR | O_CREAT, 0600));
  }
  sqlite3* db = nullptr;
  // No other process has it open (docs/adr/0024): locks between processes would be six calls of the kernel a transaction.
  int code = sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, "unix-excl");
  if (code != SQLITE_OK) {
    Error error = sqlite_error(db, code, "open " + path);
    sqlite3_close(db);
    return error;
  }
  std::unique_ptr<Connection> connection(new Connection(db));
  sqlite3_extended_result_codes(db, 1);
  CHECK_OK(connection->execute(settings(role, durable)));
  if (role == Role::writer) sqlite3_wal_hook(db, on_commit, connection.get());
  return connection;
}

Outcome<std::int64_t> Connection::run(std::string_view sql, const std::vector<Value>& values,
                                      const std::function<bool(const Row&)>& each) {
  TRY(auto lease, Lease::take(*this, sql));
  sqlite3_stmt* statement = lease.handle();
  if (static_cast<std::size_t>(sqlite3_bind_parameter_count(statement)) != values.size()) {
    return internal("{} values for the {} parameters of: {}", values.size(), sqlite3_bind_parameter_count(statement),
                    sql);
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    int code = bind_one(statement, static_cast<int>(i) + 1, values[i]);
    if (code != SQLITE_OK) return sqlite_error(db_, code, sql);
  }
  SqliteRow row(statement);
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    if (each && !each(row)) break;
  }
  if (code != SQLITE_ROW && code != SQLITE_DONE) return sqlite_error(db_, code, sql);
  bool reads_only = sqlite3_stmt_readonly(statement) != 0;
  lease.finish();
  return reads_only ? 0 : sqlite3_changes64(db_);
}

Outcome<void> Connection::execute(const std::string& sql) {
  int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(db_, code, sql);
  return {};
}

bool Connection::in_transaction() const {
  return sqlite3_get_autocommit(db_) == 0;
}

Outcome<sqlite3_stmt*> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const char* rest = nullptr;
  int code =
      sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement, &rest);
  if (code != SQLITE_OK) return sqlite_error(db_, code, sql);
  std::string_view tail(rest, static_cast<std::size_t>(sql.data() + sql.size() - rest));
  if (!statement || tail.find_first_not_of(" \n\t;") != std::string_view::npos) {
    sqlite3_finalize(statement);
    return internal("not one statement: {}", sql);
  }
  return statement;
}

Outcome<Connection::Cache::iterator> Connection::cached(std::string_view sql) {
  if (auto found = by_text_.find(sql); found != by_text_.end()) {
    cache_.splice(cache_.begin(), cache_, found->second);
    return found->second;
  }
  TRY(sqlite3_stmt * handle, prepare(sql));
  cache_.push_front({std::string(sql), handle, false});
  by_text_.emplace(cache_.front().sql, cache_.begin());
  auto place = cache_.begin();
  if (cache_.size() > max_statements) evict();
  return place;
}

void Connection::evict() {
  for (auto last = std::prev(cache_.end()); last != cache_.begin(); --last) {
    if (last->busy) continue;
    by_text_.erase(last->sql);
    sqlite3_finalize(last->handle);
    cache_.erase(last);
    return;
  }
}

int Connection::on_commit(void* self, sqlite3*, const char*, int frames) {
  static_cast<Connection*>(self)->wal_frames_ = frames;
  return SQLITE_OK;
}

bool Connection::checkpoint_due() {
  if (wal_frames_ < checkpoint_frames) checkpoint_at_ = checkpoint_frames;
  return wal_frames_ >= checkpoint_at_;
}

void Connection::checkpoint() {
  int in_log = 0, moved = 0;
  int code = sqlite3_wal_checkpoint_v2(db_, nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &moved);
  // Nothing is lost by a checkpoint that fails (the log still holds all), so it is only told, and tried again later.
  if (code != SQLITE_OK && code != SQLITE_BUSY)
    log_.warn("checkpoint failed: {}", sqlite_error(db_, code, "checkpoint").detail);
  // A reader of an old snapshot can hold it back: wait for more to do, instead of trying after every commit.
  checkpoint_at_ = wal_frames_ + checkpoint_frames / 2;
}

}  // namespace clary::meta
