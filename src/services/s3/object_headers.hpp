// What travels with an object: content headers and user metadata, from a request into the store and back.
// Thread rule: pure functions. Invariant: no value that goes into an answer's head holds a control character.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "objects/objects.hpp"
#include "services/s3/call.hpp"

namespace clary::services::s3 {

using HeaderMap = std::map<std::string, std::string>;

// Names are lower case. MetadataTooLarge, InvalidStorageClass, NotImplemented (for what would have to change how the
// object is kept).
Outcome<HeaderMap> read_object_headers(const http::Headers& headers);
// Puts them, Last-Modified, ETag and the like into the answer; the query's response-* parameters win.
Outcome<void> write_object_headers(const Call& call, const objects::Object& object, http::Headers& headers);
bool is_plain_value(std::string_view value);

// Headers that would change what the service does, not the object: access lists, locks, customer keys.
Outcome<void> check_unserved_headers(const http::Headers& headers);

}  // namespace clary::services::s3
