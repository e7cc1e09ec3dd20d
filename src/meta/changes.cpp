#include "meta/changes.hpp"

namespace clary::meta {

Outcome<void> touch(Session& session, std::int64_t record) {
  CHECK_OK(
      session.run("INSERT INTO changes (record, place) VALUES (?, (SELECT coalesce(max(place), 0) + 1 FROM changes)) "
                  "ON CONFLICT (record) DO UPDATE SET place = excluded.place",
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

Outcome<std::int64_t> last_place(Session& session) {
  std::int64_t place = 0;
  CHECK_OK(session.run("SELECT coalesce(max(place), 0) FROM changes", {}, [&](const Row& row) {
    place = row.integer(0);
    return true;
  }));
  return place;
}

}  // namespace clary::meta
