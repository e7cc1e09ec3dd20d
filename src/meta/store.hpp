// The metadata store: a transactional database of small rows. SQLite today (WAL, synchronous=FULL), PostgreSQL beside
// it later, so the SQL of its users keeps to what both speak (no rowid tricks, no AUTOINCREMENT, upserts by ON
// CONFLICT). Owned by the composition root. Thread rule: any thread; reads run side by side, writes are queued to one
// writer that commits many of them together (group commit). Invariant: when write() returns a value, it survives kill
// -9 and power loss.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/outcome.hpp"
#include "base/time.hpp"

namespace clary::meta {

using Value = std::variant<std::nullptr_t, std::int64_t, double, std::string_view, Bytes>;

// One row of an answer, valid only inside the callback that it is given to.
class Row {
 public:
  virtual ~Row() = default;
  virtual std::int64_t integer(int column) const = 0;
  virtual double real(int column) const = 0;
  virtual std::string_view text(int column) const = 0;  // also for blobs
  virtual bool is_null(int column) const = 0;
};

// A connection inside a transaction. Statements are prepared once and cached by their text, so the text must be
// constant (values go in by `?`). A constraint that fails is ErrorKind::already_exists.
class Session {
 public:
  virtual ~Session() = default;
  // Runs a statement; calls `each` for every row until it returns false. Returns the number of rows changed.
  virtual Outcome<std::int64_t> run(std::string_view sql, const std::vector<Value>& values = {},
                                    const std::function<bool(const Row&)>& each = {}) = 0;
};

// One step of the schema; applied once, in the order of the list, in one transaction each, and recorded with its hash.
// Never edit a step that has been released: add one. Numbers are unique over all lists, so each module has its hundred:
// records 1, logs 100, data points 200, objects 300, serving 400, auth 500, services 600. A database that holds a step which
// the list lacks is of a newer version, and is refused.
struct Migration {
  int number;
  std::string_view sql;  // several statements, split by ';' at line ends
};

struct StoreOptions {
  std::string path;          // the SQLite file; empty: in memory (tests)
  std::size_t queue = 4096;  // writes waiting; beyond it write() blocks, at most `write_timeout`
  std::chrono::seconds write_timeout{30};
  unsigned readers = 8;
};

class Store {
 public:
  // Opens, checks and migrates the database.
  static Outcome<std::shared_ptr<Store>> open(const StoreOptions& options, const std::vector<Migration>& migrations);
  virtual ~Store() = default;

  // Runs `work` in a read transaction: one consistent view. An exception that it throws becomes an internal Error, as
  // in write(). `work` must not call the store again: enough such reads at once would wait for each other's
  // connections.
  template <typename F>
  auto read(F&& work) -> decltype(work(std::declval<Session&>())) {
    using Result = decltype(work(std::declval<Session&>()));
    std::optional<Result> result;
    if (auto done = do_read([&](Session& session) { result.emplace(work(session)); }); !done)
      return std::move(done).error();
    return *std::move(result);
  }

  // Runs `work` inside a transaction of its own, or a savepoint of its own in that of a group, on any thread; an Error
  // that it returns rolls just it back. Returns once the commit is durable. `work` must be short and must not call the
  // store again.
  template <typename F>
  auto write(F&& work) -> decltype(work(std::declval<Session&>())) {
    using Result = decltype(work(std::declval<Session&>()));
    std::optional<Result> result;
    auto done = do_write([&](Session& session) -> bool {
      result.emplace(work(session));
      return result->ok();
    });
    if (!done) return std::move(done).error();
    return *std::move(result);
  }

  // A write would begin at once, on its caller's thread.
  virtual bool is_free() const = 0;

 protected:
  virtual Outcome<void> do_read(const std::function<void(Session&)>& work) = 0;
  virtual Outcome<void> do_write(const std::function<bool(Session&)>& work) = 0;
};

}  // namespace clary::meta
