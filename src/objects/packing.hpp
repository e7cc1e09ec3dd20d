// How small maps and lists lie in one column of the index: each piece behind its length. Thread rule: pure functions.
// Invariant: unpack(pack(x)) == x; a damaged column gives what was read before the damage, never a fault.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "objects/objects.hpp"

namespace clary::objects::index {

std::string pack(const std::map<std::string, std::string>& map);
std::map<std::string, std::string> unpack(std::string_view packed);
std::string pack_parts(const std::vector<ObjectPart>& parts);
std::vector<ObjectPart> unpack_parts(std::string_view packed);

}  // namespace clary::objects::index
