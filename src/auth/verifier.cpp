#include <cstdlib>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "auth/canonical.hpp"
#include "auth/digest.hpp"
#include "auth/errors.hpp"
#include "auth/signature.hpp"
#include "auth/sigv2.hpp"
#include "base/bytes.hpp"

namespace clary::auth {

namespace {

constexpr std::size_t max_shown = 8192;  // of a canonical request in an error

constexpr std::string_view unsigned_payload = "UNSIGNED-PAYLOAD";

std::string seconds_only(Time time) {
  return to_iso8601(Time{time.micros / second * second});
}

Error expired(Time end, Time now) {
  return refused("Request has expired").with("Expires", seconds_only(end)).with("ServerTime", seconds_only(now));
}

Outcome<void> check_time(const Claim& claim, Time now) {
  if (claim.scheme == Scheme::v2_query) {
    if (now.micros / second > claim.expires)
      return expired(Time{std::min(claim.expires, INT64_MAX / second) * second}, now);
    return {};
  }
  TRY(Time signed_at, parse_basic_iso8601(claim.date));
  if (claim.scheme == Scheme::v4_query) {
    const Time end{signed_at.micros + claim.expires * second};
    if (signed_at.micros > now.micros + clock_skew)
      return refused("Request is not yet valid").with("ServerTime", seconds_only(now));
    if (now > end) return expired(end, now).with("X-Amz-Expires", std::to_string(claim.expires));
  } else if (std::abs(now.micros - signed_at.micros) > clock_skew) {
    return skewed()
        .with("RequestTime", claim.date)
        .with("ServerTime", seconds_only(now))
        .with("MaxAllowedSkewMilliseconds", std::to_string(clock_skew / 1000));
  }
  return {};
}

// S3 refuses an x-amz-* header that nobody signed, whoever added it; elsewhere the target chooses the operation.
Outcome<void> check_all_signed(const SignedMessage& message, const Claim& claim) {
  std::string unsigned_names;
  for (const auto& [field, value] : message.headers) {
    if (field.size() < 6 || !equal_without_case(field.substr(0, 6), "x-amz-")) continue;
    if (claim.service != "s3" && !equal_without_case(field, "x-amz-target")) continue;
    if (claim.scheme == Scheme::v4_query && equal_without_case(field, "x-amz-content-sha256"))
      continue;  // read_claim left it out
    bool found = false;
    for (const std::string& name : claim.signed_headers) found = found || equal_without_case(name, field);
    if (!found) unsigned_names.append(unsigned_names.empty() ? "" : ", ").append(to_lower(field));
  }
  if (unsigned_names.empty()) return {};
  return refused("There were headers present in the request which were not signed")
      .with("HeadersNotSigned", unsigned_names);
}

struct PayloadCheck {
  Payload kind = Payload::hashed;
  std::string signed_hash;  // as the canonical request holds it
  std::string body_hash;    // what the body must be, where it has still to be seen
};

Outcome<PayloadCheck> read_payload(const Claim& claim, std::string_view body_hash) {
  const bool s3 = claim.service == "s3";
  const std::string& sent = claim.payload_hash;
  if (sent.empty() && claim.scheme == Scheme::v4_query && s3)
    return PayloadCheck{Payload::unsigned_payload, std::string(unsigned_payload), {}};
  if (sent.empty() && s3 && body_hash.empty())
    return aws_error(ErrorKind::validation, "InvalidRequest",
                     "Missing required header for this request: x-amz-content-sha256");
  if (sent.empty()) {
    std::string hash(body_hash.empty() ? hash_of_nothing : body_hash);
    return PayloadCheck{Payload::hashed, hash, body_hash.empty() ? hash : std::string()};
  }
  if (sent == unsigned_payload) return PayloadCheck{Payload::unsigned_payload, sent, {}};
  if (sent == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD") return PayloadCheck{Payload::chunked_signed, sent, {}};
  if (sent == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
    return PayloadCheck{Payload::chunked_signed_trailer, sent, {}};
  if (sent == "STREAMING-UNSIGNED-PAYLOAD-TRAILER") return PayloadCheck{Payload::chunked_unsigned_trailer, sent, {}};
  if (sent.size() != 64 || !from_hex(sent))
    return aws_error(ErrorKind::validation, "InvalidArgument",
                     "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "
                     "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-UNSIGNED-PAYLOAD-TRAILER, or a valid "
                     "sha256 value.")
        .with("ArgumentName", "x-amz-content-sha256")
        .with("ArgumentValue", sent);
  std::string lowered = to_lower(sent);
  if (!body_hash.empty() && lowered != body_hash)
    return aws_error(ErrorKind::validation, "XAmzContentSHA256Mismatch",
                     "The provided 'x-amz-content-sha256' header does not match what was computed.")
        .with("ClientComputedContentSHA256", lowered)
        .with("S3ComputedContentSHA256", std::string(body_hash));
  return PayloadCheck{Payload::hashed, sent, lowered};
}

Error mismatch(const Claim& claim, std::string text, std::string canonical) {
  Error error = signature_mismatch()
                    .with("AWSAccessKeyId", claim.access_key)
                    .with("StringToSign", std::move(text))
                    .with("SignatureProvided", claim.signature);
  if (!canonical.empty() && canonical.size() <= max_shown)
    return std::move(error).with("CanonicalRequest", std::move(canonical));
  return error;
}

}  // namespace

// What a key signed once is worth keeping: finding it costs six HMACs. Only what proved itself gets in, so that no
// stranger fills it.
struct Verifier::Cache {
  struct Entry {
    std::string signing_key;
    Identity identity;
    Time expires;
  };
  static constexpr std::size_t max_entries = 4096;

  std::shared_ptr<const Entry> find(const std::string& name) const {
    std::shared_lock lock(mutex);
    auto at = entries.find(name);
    return at == entries.end() ? nullptr : at->second;
  }
  void keep(std::string name, std::shared_ptr<const Entry> entry) {
    std::unique_lock lock(mutex);
    if (entries.size() >= max_entries) entries.clear();  // a new day makes all keys new anyway
    entries.insert_or_assign(std::move(name), std::move(entry));
  }

  mutable std::shared_mutex mutex;
  std::unordered_map<std::string, std::shared_ptr<const Entry>> entries;
};

Verifier::Verifier(const Keys& keys, const Clock& clock)
    : keys_(keys), clock_(clock), cache_(std::make_unique<Cache>()) {}
Verifier::~Verifier() = default;

Outcome<Verified> Verifier::verify(const SignedMessage& message, const Claim& claim, std::string_view body_hash) const {
  if (claim.scheme == Scheme::none) return missing_token();
  CHECK_OK(check_time(claim, clock_.now()));
  return claim.scheme == Scheme::v2_query ? verify_v2(message, claim) : verify_v4(message, claim, body_hash);
}

Outcome<Verified> Verifier::verify_v4(const SignedMessage& message, const Claim& claim,
                                      std::string_view body_hash) const {
  const std::string credential_scope =
      fmt::format("{}/{}/{}/aws4_request", claim.scope_date, claim.region, claim.service);
  std::string name;
  name.reserve(claim.access_key.size() + credential_scope.size() + claim.session_token.size() + 2);
  name.append(claim.access_key).append(1, '/').append(credential_scope).append(1, '/').append(claim.session_token);
  auto entry = cache_->find(name);
  const bool known = entry != nullptr;
  if (!known) {
    TRY(Keys::Found found, keys_.find(claim.access_key, claim.session_token));
    entry = std::make_shared<const Cache::Entry>(
        derive_signing_key(found.secret_key, claim.scope_date, claim.region, claim.service), std::move(found.identity),
        found.expires);
  } else if (entry->expires.micros != 0 && clock_.now() >= entry->expires) {
    return expired_token();
  }

  CHECK_OK(check_all_signed(message, claim));
  TRY(PayloadCheck payload, read_payload(claim, body_hash));
  const bool s3 = claim.service == "s3";
  auto path = canonical_path(message.path, s3);
  auto query = canonical_query(message.query, claim.scheme == Scheme::v4_query ? "X-Amz-Signature" : "");
  if (!path || !query) return aws_error(ErrorKind::validation, "InvalidArgument", "Couldn't parse the specified URI.");

  auto proves = [&](std::string_view signed_path, std::string* canonical, std::string* text) {
    *canonical = canonical_request(message, signed_path, *query, claim.signed_headers, payload.signed_hash);
    *text = string_to_sign(claim.date, credential_scope, *canonical);
    return equal_in_constant_time(claim.signature, to_hex(hmac_sha256(entry->signing_key, *text)));
  };
  std::string canonical, text, raw_canonical, raw_text;
  // Some clients sign an S3 path just as they send it, not in its normal form; both prove the same request.
  if (!proves(*path, &canonical, &text) &&
      !(s3 && message.path != *path && proves(message.path, &raw_canonical, &raw_text)))
    return mismatch(claim, std::move(text), std::move(canonical));

  if (!known) cache_->keep(std::move(name), entry);
  return Verified{entry->identity,
                  Scope{entry->identity.account, claim.region},
                  claim.service,
                  payload.kind,
                  std::move(payload.body_hash),
                  entry->signing_key,
                  claim.signature,
                  claim.date,
                  credential_scope};
}

Outcome<Verified> Verifier::verify_v2(const SignedMessage& message, const Claim& claim) const {
  TRY(Keys::Found found, keys_.find(claim.access_key, claim.session_token));
  std::string shown;
  bool proved = false;
  for (const std::string& path : signed_paths_v2(message)) {
    TRY(std::string text, string_to_sign_v2(message, claim, path));
    proved = proved || equal_in_constant_time(claim.signature, to_base64(hmac_sha1(found.secret_key, text)));
    if (shown.empty()) shown = std::move(text);
  }
  if (!proved) return mismatch(claim, std::move(shown), {});
  Scope scope{found.identity.account, "us-east-1"};
  auto declared = header(message, "x-amz-content-sha256");  // covered, as every x-amz-* header is
  const bool chunked = declared == "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
  return Verified{std::move(found.identity),
                  std::move(scope),
                  "s3",
                  chunked ? Payload::chunked_unsigned_trailer : Payload::unsigned_payload,
                  {},
                  {},
                  {},
                  {},
                  {}};
}

}  // namespace clary::auth
