// One verified S3 request, as its handler sees it. Made by the service, one a request.
// Thread rule: one thread. Invariant: the head's signature was verified before a Call exists; the body's proof (its
// hash, its chunks' signatures) comes out only at the body's end, so nothing is committed before PayloadReader said so.
#pragma once

#include <string>

#include "auth/signature.hpp"
#include "objects/objects.hpp"
#include "services/context.hpp"
#include "services/s3/address.hpp"
#include "wire/query.hpp"

namespace clary::services::s3 {

struct Call : Context {
  const Target& target;
  const wire::Form& query;  // decoded
  const auth::Verified& verified;
  http::BodyReader& body;

  std::string_view header(std::string_view name) const { return request.headers.get(name); }
  std::string_view parameter(std::string_view name) const {
    auto at = query.find(name);
    return at == query.end() ? std::string_view{} : std::string_view(at->second);
  }
};

// S3 shows times in whole seconds everywhere, so that a listing and a HEAD agree.
inline Time in_seconds(Time time) {
  return Time{time.micros / 1'000'000 * 1'000'000};
}
inline std::string quoted(std::string_view etag) {
  return "\"" + std::string(etag) + "\"";
}
std::string_view unquoted(std::string_view etag);
// The canonical id of an account, which S3 puts where other services have ARNs.
std::string canonical_id(std::string_view account);

}  // namespace clary::services::s3
