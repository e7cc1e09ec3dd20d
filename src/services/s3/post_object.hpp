// S3's browser upload: a POST form to the bucket, proved by the policy in it. Thread rule: pool threads, one call each.
// Invariant: no byte of the file is kept before the policy's signature and its conditions were checked.
#pragma once

#include "services/context.hpp"
#include "services/s3/address.hpp"

namespace clary::services::s3 {

bool is_form(const http::Request& request, const Target& target);
Outcome<http::Response> post_object(Parts& parts, const Target& target, http::Request& request, http::BodyReader& body);

}  // namespace clary::services::s3
