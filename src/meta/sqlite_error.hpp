// What SQLite reports, as an Error. Thread rule: the connection's.
#pragma once

#include <string_view>

#include "base/error.hpp"

struct sqlite3;

namespace clary::meta {

// already_exists for a constraint, unavailable for a full disk or a lock that is held too long, else internal; `doing`
// goes to the detail.
Error sqlite_error(sqlite3* db, int code, std::string_view doing);

}  // namespace clary::meta
