#include "meta/changes.hpp"

namespace clary::meta {

Outcome<void> touch(Session& session, std::int64_t record) {
  CHECK_OK(
      session.run("INSERT INTO changes (record, place) VALUES (?, (SELECT coalesce(max(place), 0) + 1 FROM changes)) "
                  "ON CONFLICT (record) DO UPDATE SET place = excluded.place WHERE changes.place <= (SELECT place FROM changes_seal)",
                  {record}));
  return {};
}

Outcome<Changes> changes_since(Session& session, std::int64_t place, std::int64_t limit) {
  Changes changes;
  changes.place = place;
  CHECK_OK(session.run("SELECT record, place FROM changes WHERE place > ? ORDER BY place LIMIT ?", {place, limit},
                       [&](const Row& row) {
                         changes.records.push_back(row.integer(0));
                         changes.place = row.integer(1);
                         return true;
                       }));
  return changes;
}

Outcome<Ends> ends_of_changes(Session& session) {
  Ends ends;
  CHECK_OK(session.run("SELECT place, (SELECT coalesce(max(place), 0) FROM changes) FROM changes_seal", {}, [&](const Row& row) {
    ends = {.seal = row.integer(0), .last = row.integer(1)};
    return false;
  }));
  return ends;
}

Outcome<void> seal_changes(Session& session) {
  CHECK_OK(session.run("UPDATE changes_seal SET place = (SELECT coalesce(max(place), 0) FROM changes)"));
  return {};
}

}  // namespace clary::meta
