// Brings a database to the schema of this version. Called once, before anything else uses the connection.
// Thread rule: the connection's. Invariant: a step is either applied and recorded, or neither.
#pragma once

#include <vector>

#include "base/outcome.hpp"
#include "meta/sqlite_connection.hpp"

namespace clary::meta {

// Refuses, and changes nothing, when the database is of a newer version or holds a step that was edited after its
// release.
Outcome<void> migrate(Connection& connection, const std::vector<Migration>& migrations);

}  // namespace clary::meta
