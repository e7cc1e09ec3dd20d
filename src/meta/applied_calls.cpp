#include "meta/applied_calls.hpp"

namespace clary::meta {
namespace {

constexpr std::int64_t kept = 16384;
constexpr std::int64_t cleared_every = 1024;

}  // namespace

Outcome<bool> was_applied(Session& session, std::string_view call) {
  bool found = false;
  CHECK_OK(session.run("SELECT 1 FROM applied_calls WHERE call = ? LIMIT 1", {call}, [&](const Row&) {
    found = true;
    return false;
  }));
  return found;
}

Outcome<void> set_applied(Session& session, std::string_view call) {
  std::int64_t place = 0;
  CHECK_OK(session.run("SELECT coalesce(max(place), 0) + 1 FROM applied_calls", {}, [&](const Row& row) {
    place = row.integer(0);
    return false;
  }));
  CHECK_OK(session.run("INSERT INTO applied_calls (place, call) VALUES (?, ?)", {place, call}));
  if (place % cleared_every == 0) CHECK_OK(session.run("DELETE FROM applied_calls WHERE place <= ?", {place - kept}));
  return {};
}

}  // namespace clary::meta
