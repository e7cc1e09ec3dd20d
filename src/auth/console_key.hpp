// The access keys in which the web console acts: told from SDKs' by how they begin. Thread rule: constants.
// Invariant: Keys::issue() gives such keys to the sessions of that name and to no others.
#pragma once

#include <string_view>

namespace clary::auth {

inline constexpr std::string_view console_session = "clary-console";
inline constexpr std::string_view console_key_prefix = "ASIACONSOLE";

}  // namespace clary::auth
