// SigV2 of a presigned S3 query, as boto3 makes it by default: HMAC-SHA1, no scope. Source: Amazon S3 User Guide,
// "Signing and authenticating REST requests (AWS signature version 2)". Thread rule: pure functions. Invariant: what
// chooses the operation is signed: a query that names a sub-resource which SigV2 doesn't sign is refused.
#pragma once

#include <string>

#include "auth/signature.hpp"

namespace clary::auth {

// The resource's paths that a client may have signed: the one it sent, with the bucket before it; of a bucket alone
// also "/bucket/", which botocore signs while it sends "/bucket".
std::vector<std::string> signed_paths_v2(const SignedMessage& message);
Outcome<std::string> string_to_sign_v2(const SignedMessage& message, const Claim& claim, std::string_view path);

}  // namespace clary::auth
