// The ids of the last calls that were applied, for operations that would do it all again when a client repeats a call whose answer was lost
// (records hold the id of the call that made them, series those of the last that added to them; data that are summed up have no such place).
// Functions over a Session; the caller brings the transaction, that of what the call does. Thread rule: as the Session's. Invariant: of at least
// the last 16,384 calls it is known, also after a restart.
#pragma once

#include <string_view>

#include "meta/store.hpp"

namespace clary::meta {

// Reads all that is kept: to be asked only for a call that its client says to repeat.
Outcome<bool> was_applied(Session& session, std::string_view call);
Outcome<void> set_applied(Session& session, std::string_view call);

}  // namespace clary::meta
