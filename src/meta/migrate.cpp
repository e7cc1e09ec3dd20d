#include "meta/migrate.hpp"

#include <map>
#include <openssl/sha.h>
#include <set>

#include "base/bytes.hpp"
#include "meta/log.hpp"

namespace clary::meta {
namespace {

std::string hash_of(std::string_view sql) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(sql.data()), sql.size(), digest);
  return to_hex({reinterpret_cast<const char*>(digest), sizeof digest});
}

// Told to whoever starts the server, so the message itself says it all.
template <typename... Args>
Error refusal(fmt::format_string<Args...> format, Args&&... args) {
  Error error = make_error(ErrorKind::internal, format, std::forward<Args>(args)...);
  error.detail = error.message;
  return error;
}

Outcome<std::map<std::int64_t, std::string>> applied_steps(Connection& connection) {
  std::map<std::int64_t, std::string> applied;
  CHECK_OK(connection.run("SELECT number, hash FROM schema ORDER BY number", {}, [&](const Row& row) {
    applied.emplace(row.integer(0), row.text(1));
    return true;
  }));
  return applied;
}

Outcome<void> check(const std::map<std::int64_t, std::string>& applied, const std::vector<Migration>& migrations) {
  std::map<std::int64_t, std::string> known;
  for (const auto& step : migrations) {
    if (!known.emplace(step.number, hash_of(step.sql)).second)
      return refusal("Two schema steps have the number {}.", step.number);
  }
  for (const auto& [number, hash] : applied) {
    auto found = known.find(number);
    if (found == known.end()) {
      return refusal(
          "The database was written by a newer version of Clary: it holds schema step {}, which this version does not "
          "know. "
          "Start that version or a later one.",
          number);
    }
    if (found->second != hash) {
      return refusal("Schema step {} differs from the one that the database was made with: a released step was edited.",
                     number);
    }
  }
  return {};
}

Outcome<void> apply(Connection& connection, const Migration& step) {
  CHECK_OK(connection.run("BEGIN IMMEDIATE"));
  auto done = [&]() -> Outcome<void> {
    CHECK_OK(connection.execute(std::string(step.sql)));
    CHECK_OK(connection.run("INSERT INTO schema (number, hash, applied) VALUES (?, ?, ?)",
                            {std::int64_t{step.number}, hash_of(step.sql), to_iso8601(SystemClock().now())}));
    CHECK_OK(connection.run("COMMIT"));
    return {};
  }();
  if (done) return {};
  if (connection.in_transaction()) {
    if (auto undone = connection.run("ROLLBACK"); !undone) log_.error("rollback failed: {}", undone.error().detail);
  }
  Error error = std::move(done).error();
  if (error.kind == ErrorKind::internal)
    error.message = fmt::format("Schema step {} could not be applied.", step.number);
  error.detail = fmt::format("schema step {}: {}", step.number, error.detail);
  return error;
}

}  // namespace

Outcome<void> migrate(Connection& connection, const std::vector<Migration>& migrations) {
  CHECK_OK(connection.execute(
      "CREATE TABLE IF NOT EXISTS schema (number INTEGER PRIMARY KEY, hash TEXT NOT NULL, applied TEXT NOT NULL)"));
  TRY(auto applied, applied_steps(connection));
  CHECK_OK(check(applied, migrations));
  for (const auto& step : migrations) {
    if (applied.contains(step.number)) continue;
    CHECK_OK(apply(connection, step));
    log_.debug("schema step {} applied", step.number);
  }
  return {};
}

}  // namespace clary::meta
