// A page of a bucket's keys, grouped at a delimiter. Functions over a Session. Thread rule: as the Session's.
// Invariant: a common prefix costs one row, however many keys lie under it: the scan goes on behind the last of them.
#pragma once

#include <string>
#include <string_view>

#include "objects/index.hpp"

namespace clary::objects {

// The first string after every string that begins with `prefix`; empty when there is none.
std::string after_prefix(std::string_view prefix);

// The common prefix that `key` falls under, empty when it falls under none.
std::string_view common_prefix(std::string_view key, std::string_view prefix, std::string_view delimiter);

Outcome<Listing> list_keys(meta::Session& session, std::int64_t bucket, std::string_view prefix,
                           std::string_view delimiter, std::string_view after, std::int64_t limit);

}  // namespace clary::objects
