// Checks that a request was signed with a key of ours: SigV4 in the Authorization header or a presigned query, SigV2 in a presigned S3
// query. Source: AWS General Reference, "Signature Version 4 signing process", and the Amazon S3 API Reference, "Authenticating requests".
// Thread rule: pure functions over their arguments (Verifier caches signing keys, from any thread).
// Invariant: no request is believed before its signature, its date and its session token were all checked.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/identity.hpp"
#include "base/arn.hpp"

namespace clary::auth {

inline constexpr std::int64_t second = 1'000'000;           // in the microseconds of a Time
inline constexpr std::int64_t clock_skew = 15 * 60 * second;  // that a client's clock may be off

// What of a request a signature covers. Views into the request: they must outlive the call.
struct SignedMessage {
  std::string_view method;
  std::string_view path;   // raw, as sent
  std::string_view query;  // raw, as sent
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string_view virtual_bucket;  // the bucket that the host names (virtual-host style S3), else empty: SigV2 signs it
};

enum class Scheme { none, v4_header, v4_query, v2_query };

// What the request says of itself; nothing of it is proved yet.
struct Claim {
  Scheme scheme = Scheme::none;
  std::string access_key;
  std::string session_token;
  std::string date;                         // 20261124T203820Z (v4)
  std::string scope_date, region, service;  // from the credential scope; service is "s3" for SigV2
  std::vector<std::string> signed_headers;
  std::string signature;
  std::int64_t expires = 0;                 // seconds of validity (v4 query), or the Unix time it ends (v2 query)
  std::string payload_hash;                 // x-amz-content-sha256 as sent (presigned: from the query, or the header where it is signed)
};

// How the body has to be checked once the head is believed.
enum class Payload {
  hashed,            // sha256 of the whole body equals `payload_hash` (also when the header is absent: then the body was hashed unseen)
  unsigned_payload,  // UNSIGNED-PAYLOAD, presigned queries
  chunked_signed,    // STREAMING-AWS4-HMAC-SHA256-PAYLOAD (each chunk signed)
  chunked_signed_trailer,   // ...-TRAILER
  chunked_unsigned_trailer, // STREAMING-UNSIGNED-PAYLOAD-TRAILER
};

struct Verified {
  Identity identity;
  Scope scope;              // identity.account and the claim's region (SigV2 has none: us-east-1)
  std::string service;
  Payload payload = Payload::hashed;
  // For Payload::hashed: lower-case hex of what the body must be; empty only where `body_hash` was given and signed itself.
  std::string payload_hash;
  std::string signing_key;  // for the chunks' signatures
  std::string seed_signature, date, credential_scope;
};

// No signature at all is Scheme::none (verify() then answers MissingAuthenticationToken); a broken one is an error (auth/errors.hpp).
Outcome<Claim> read_claim(const SignedMessage& message);

class Verifier {
 public:
  Verifier(const Keys& keys, const Clock& clock);
  ~Verifier();
  // Errors carry canonical names (auth/errors.hpp): give them to as_named_by().
  // `body_hash`: sha256 hex of the body, needed where x-amz-content-sha256 is absent (JSON and query protocols); may be empty otherwise.
  Outcome<Verified> verify(const SignedMessage& message, const Claim& claim, std::string_view body_hash) const;

 private:
  Outcome<Verified> verify_v4(const SignedMessage& message, const Claim& claim, std::string_view body_hash) const;
  Outcome<Verified> verify_v2(const SignedMessage& message, const Claim& claim) const;

  const Keys& keys_;
  const Clock& clock_;
  struct Cache;
  std::unique_ptr<Cache> cache_;
};

std::string sha256_hex(std::string_view data);

// Signs a request with SigV4 in headers: for the command line, tests and our own calls. Returns the headers to add
// (Authorization, x-amz-date, x-amz-content-sha256, x-amz-security-token). Host must be among `message.headers`.
std::vector<std::pair<std::string, std::string>> sign(const SignedMessage& message, std::string_view body, const Credentials& credentials,
                                                      const std::string& region, const std::string& service, Time now);

}  // namespace clary::auth
