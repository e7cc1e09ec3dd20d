// Which records have changed, for those who keep something made of records (the index of Search): each change of a record, of its tags, its links
// or its metrics puts the record at the end of one sequence, in the transaction of the change. What was made up to a place of the sequence is
// brought up to date by what stands after that place.
//
// A reader that wants to go on from a place has the sequence sealed up to it. What stands behind the seal may change again without moving, which
// spares a write in each of many changes that nobody looks at; so it is read anew until the seal has passed it.
//
// Functions over a Session; the caller brings the transaction. Thread rule: as the Session's. Invariant: a record stands in the sequence once, at
// its last change before the seal or its first behind it; one that is gone still stands there.
#pragma once

#include <cstdint>
#include <vector>

#include "meta/store.hpp"

namespace clary::meta {

// The record with this id has changed.
Outcome<void> touch(Session& session, std::int64_t record);

struct Changes {
  std::vector<std::int64_t> records;  // their ids, in the order of their last changes
  std::int64_t place = 0;             // of the last one
};
// What has changed after `place`; 0: everything that there is. At most `limit`: a full answer may have more behind it.
Outcome<Changes> changes_since(Session& session, std::int64_t place, std::int64_t limit = 1'000'000);

struct Ends {
  std::int64_t seal = 0;  // up to here what has been read need not be read again
  std::int64_t last = 0;  // of the last change; 0: there was none
};
Outcome<Ends> ends_of_changes(Session& session);
// Seals all that stands in the sequence now. A reader that begins after it may go on from there.
Outcome<void> seal_changes(Session& session);

}  // namespace clary::meta
