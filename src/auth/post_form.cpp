#include "auth/post_form.hpp"

#include "auth/canonical.hpp"
#include "auth/digest.hpp"
#include "auth/errors.hpp"
#include "base/bytes.hpp"

namespace clary::auth {

namespace {

constexpr std::int64_t week = 604800 * second;

std::string_view get(const FormFields& fields, std::string_view name) {
  auto at = fields.find(name);
  return at == fields.end() ? std::string_view() : std::string_view(at->second);
}

Error missing(std::string_view field) {
  return aws_error(ErrorKind::validation, "InvalidArgument",
                   "Bucket POST must contain a field named '{}'.  If it is specified, please "
                   "check the order of the fields.",
                   field)
      .with("ArgumentName", std::string(field));
}

Outcome<Identity> verify_v2(const FormFields& fields, const Keys& keys) {
  if (get(fields, "signature").empty()) return missing("signature");
  TRY(Keys::Found found, keys.find(get(fields, "AWSAccessKeyId"), get(fields, "x-amz-security-token")));
  const std::string expected = to_base64(hmac_sha1(found.secret_key, get(fields, "policy")));
  if (!equal_in_constant_time(expected, get(fields, "signature"))) return signature_mismatch();
  return std::move(found.identity);
}

Outcome<Identity> verify_v4(const FormFields& fields, const Keys& keys, const Clock& clock) {
  if (get(fields, "x-amz-algorithm") != "AWS4-HMAC-SHA256")
    return aws_error(ErrorKind::validation, "InvalidArgument", "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
  for (std::string_view name : {"x-amz-credential", "x-amz-date", "x-amz-signature"}) {
    if (get(fields, name).empty()) return missing(name);
  }
  // The credential has a header's form and rules; so read_claim() reads it.
  const std::string authorization = fmt::format("AWS4-HMAC-SHA256 Credential={},SignedHeaders=host,Signature={}",
                                                get(fields, "x-amz-credential"), get(fields, "x-amz-signature"));
  TRY(Claim claim,
      read_claim({"POST", "/", "", {{"authorization", authorization}, {"x-amz-date", get(fields, "x-amz-date")}}, {}}));
  if (claim.service != "s3") return incomplete_query("The service in x-amz-credential has to be \"s3\".");
  TRY(Time signed_at, parse_basic_iso8601(claim.date));
  const Time now = clock.now();
  if (signed_at.micros > now.micros + clock_skew) return refused("Request is not yet valid");
  if (now.micros > signed_at.micros + week) return refused("Request has expired");

  TRY(Keys::Found found, keys.find(claim.access_key, get(fields, "x-amz-security-token")));
  const std::string key = derive_signing_key(found.secret_key, claim.scope_date, claim.region, claim.service);
  if (!equal_in_constant_time(to_hex(hmac_sha256(key, get(fields, "policy"))), claim.signature))
    return signature_mismatch();
  return std::move(found.identity);
}

}  // namespace

bool WithoutCase::operator()(std::string_view a, std::string_view b) const {
  return to_lower(a) < to_lower(b);
}

Outcome<Identity> verify_post(const FormFields& fields, const Keys& keys, const Clock& clock) {
  const bool v4 = !get(fields, "x-amz-algorithm").empty() || !get(fields, "x-amz-signature").empty();
  const bool v2 = !get(fields, "AWSAccessKeyId").empty();
  if (v4 && v2)
    return aws_error(ErrorKind::validation, "InvalidArgument",
                     "Only one auth mechanism allowed; only the X-Amz-Algorithm field or the AWSAccessKeyId field "
                     "should be specified");
  if (!v4 && !v2) return missing_token();
  if (get(fields, "policy").empty()) return missing("policy");
  return v4 ? verify_v4(fields, keys, clock) : verify_v2(fields, keys);
}

}  // namespace clary::auth
