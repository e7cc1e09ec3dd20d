// S3's browser uploads: a POST form whose fields carry a signed policy. Source: Amazon S3 API Reference, "Browser-based
// uploads using POST", in its SigV4 and its SigV2 form. Thread rule: pure functions. Invariant: no byte of the file is
// kept before verify_post() and check() both succeeded; every field that means something is named by a condition of the
// policy.
//
// How the caller uses it: collect the fields before `file`, set fields["bucket"] to the bucket of the request and
// replace ${filename} in fields["key"]; verify_post(), parse_policy(fields["policy"]), check() with what is known of
// the size; read the file, at most `length->second` bytes; check_length() with what came.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/identity.hpp"
#include "base/outcome.hpp"
#include "base/time.hpp"

namespace clary::auth {

struct WithoutCase {
  bool operator()(std::string_view a, std::string_view b) const;
  using is_transparent = void;
};
using FormFields = std::map<std::string, std::string, WithoutCase>;

struct PolicyCondition {
  enum class Kind { equals, starts_with } kind = Kind::equals;
  std::string field;  // lower case, without '$'
  std::string value;
};

struct PostPolicy {
  Time expiration;
  std::vector<PolicyCondition> conditions;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> length;  // content-length-range, both ends included
};

// Who signed the form's policy. Errors carry canonical names (auth/errors.hpp): give them to as_named_by("s3", ...).
Outcome<Identity> verify_post(const FormFields& fields, const Keys& keys, const Clock& clock);
// `policy` is the field as sent (base64). Error: InvalidPolicyDocument.
Outcome<PostPolicy> parse_policy(std::string_view policy);
// Errors: AccessDenied in S3's words, and check_length()'s where the size is known.
Outcome<void> check(const PostPolicy& policy, const FormFields& fields, std::optional<std::uint64_t> size,
                    const Clock& clock);
// Errors: EntityTooLarge, EntityTooSmall.
Outcome<void> check_length(const PostPolicy& policy, std::uint64_t size);

}  // namespace clary::auth
