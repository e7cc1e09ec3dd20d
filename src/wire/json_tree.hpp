// JSON text to a tree of values, with every double exact: Boost's own parser rounds some to a neighbour. Thread rule: a pure function.
// Invariant: what Boost's parser takes and refuses is the same here; the depth is limited to 160. The values lie in `memory`.
#pragma once

#include <boost/json/value.hpp>
#include <string_view>

namespace clary::wire {

boost::json::value parse_json(std::string_view document, boost::json::storage_ptr memory, boost::json::error_code& code);

}  // namespace clary::wire
