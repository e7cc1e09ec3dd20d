// Reads what a request says of itself: the Authorization header, or the parameters of a presigned query.
#include <algorithm>
#include <array>
#include <charconv>

#include "auth/canonical.hpp"
#include "auth/errors.hpp"
#include "auth/signature.hpp"
#include "base/bytes.hpp"

namespace clary::auth {

namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
constexpr std::size_t max_signed_headers = 100;
constexpr std::size_t max_key_length = 128;
constexpr std::size_t max_token_length = 8192;

using Fault = Error (*)(std::string);  // incomplete or incomplete_query

bool is_scope_word(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

bool is_key(std::string_view text) {
  return !text.empty() && text.size() <= max_key_length && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string malformed(Fault fault, std::string_view why) {
  return fault == &incomplete ? fmt::format("The authorization header is malformed; {}", why)
                              : fmt::format("Error parsing the X-Amz-Credential parameter; {}", why);
}

// AKID/20261124/us-east-1/sagemaker/aws4_request
Outcome<void> read_credential(std::string_view text, Claim& claim, Fault fault) {
  std::array<std::string_view, 5> parts;
  for (std::size_t i = parts.size(); i-- > 0;) {
    std::size_t slash = i == 0 ? std::string_view::npos : text.rfind('/');
    if (i > 0 && slash == std::string_view::npos) break;
    parts[i] = slash == std::string_view::npos ? text : text.substr(slash + 1);
    text = slash == std::string_view::npos ? std::string_view() : text.substr(0, slash);
  }
  const auto& [key, date, region, service, terminator] = parts;
  if (!is_key(key) || date.size() != 8)
    return fault(malformed(
        fault, "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\"."));
  if (terminator != "aws4_request") return fault(malformed(fault, "the Credential has to end with \"aws4_request\"."));
  if (!is_scope_word(region)) return fault(malformed(fault, "the region in the Credential is not valid."));
  if (!is_scope_word(service)) return fault(malformed(fault, "the service in the Credential is not valid."));
  claim.access_key = key;
  claim.scope_date = date;
  claim.region = region;
  claim.service = service;
  return {};
}

Outcome<void> read_signed_headers(std::string_view text, Claim& claim, Fault fault) {
  bool host = false;
  while (!text.empty()) {
    std::string_view name = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(name.size() + 1, text.size()));
    if (name.empty() || claim.signed_headers.size() == max_signed_headers)
      return fault(name.empty() ? "SignedHeaders holds an empty name." : "There are too many SignedHeaders.");
    host = host || name == "host";
    claim.signed_headers.emplace_back(name);
  }
  if (!host) return fault("'Host' must be a 'SignedHeader' in the AWS Authorization.");
  return {};
}

// The time of signing as SigV4 writes it, from x-amz-date or Date, whichever form that has.
Outcome<void> read_date(const SignedMessage& message, Claim& claim) {
  auto sent = header(message, "x-amz-date");
  if (!sent) sent = header(message, "date");
  if (!sent && claim.service == "s3") return refused("AWS authentication requires a valid Date or x-amz-date header");
  if (!sent) return incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  if (parse_basic_iso8601(trimmed(*sent))) {
    claim.date = trimmed(*sent);
    return {};
  }
  auto time = parse_http_date(trimmed(*sent));
  if (!time && claim.service == "s3") return refused("AWS authentication requires a valid Date or x-amz-date header");
  if (!time) return incomplete("Date must be in ISO-8601 'basic format' or in HTTP's.");
  claim.date = to_basic_iso8601(*time);
  return {};
}

Outcome<void> check_scope_date(const Claim& claim, Fault fault) {
  if (claim.date.starts_with(claim.scope_date)) return {};
  return fault(
      malformed(fault, fmt::format("Invalid credential date \"{}\". This date is not the same as X-Amz-Date: \"{}\".",
                                   claim.scope_date, claim.date.substr(0, 8))));
}

Outcome<Claim> read_authorization(const SignedMessage& message, std::string_view text) {
  std::string_view scheme = text.substr(0, text.find(' '));
  text.remove_prefix(scheme.size());
  if (scheme == "AWS" || scheme.starts_with("AWS4-ECDSA-"))
    return aws_error(ErrorKind::validation, "InvalidRequest",
                     "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.");
  if (scheme != algorithm) return incomplete("Unsupported Authorization Type: AWS4-HMAC-SHA256 is expected.");

  std::string_view credential, signed_headers, signature;
  while (!text.empty()) {
    std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    std::size_t equals = std::min(part.find('='), part.size());
    std::string_view name = trimmed(part.substr(0, equals)),
                     value = trimmed(part.substr(std::min(equals + 1, part.size())));
    std::string_view* into = name == "Credential"      ? &credential
                             : name == "SignedHeaders" ? &signed_headers
                             : name == "Signature"     ? &signature
                                                       : nullptr;
    if (into == nullptr) continue;
    if (!into->empty()) return incomplete(fmt::format("Authorization header holds '{}' twice.", name));
    *into = value;
  }
  std::string missing;
  for (auto [value, name] :
       {std::pair{credential, "Credential"}, {signature, "Signature"}, {signed_headers, "SignedHeaders"}}) {
    if (value.empty())
      missing += fmt::format("{}Authorization header requires '{}' parameter.", missing.empty() ? "" : " ", name);
  }
  if (!missing.empty()) return incomplete(missing);

  Claim claim{.scheme = Scheme::v4_header};
  CHECK_OK(read_credential(credential, claim, &incomplete));
  CHECK_OK(read_signed_headers(signed_headers, claim, &incomplete));
  CHECK_OK(read_date(message, claim));
  CHECK_OK(check_scope_date(claim, &incomplete));
  claim.signature = signature;
  claim.session_token = trimmed(header(message, "x-amz-security-token").value_or(""));
  claim.payload_hash = trimmed(header(message, "x-amz-content-sha256").value_or(""));
  return claim;
}

// The parameters that sign a query, decoded; nothing where a name is absent.
struct QuerySignature {
  std::optional<std::string> algorithm, credential, date, expires, signed_headers, signature, token,
      payload_hash;  // SigV4
  std::optional<std::string> v2_key, v2_signature, v2_expires, v2_token;
};

Outcome<QuerySignature> read_query(std::string_view query) {
  QuerySignature found;
  const std::array<std::pair<std::string_view, std::optional<std::string>*>, 12> wanted{{
      {"X-Amz-Algorithm", &found.algorithm},
      {"X-Amz-Credential", &found.credential},
      {"X-Amz-Date", &found.date},
      {"X-Amz-Expires", &found.expires},
      {"X-Amz-SignedHeaders", &found.signed_headers},
      {"X-Amz-Signature", &found.signature},
      {"X-Amz-Security-Token", &found.token},
      {"X-Amz-Content-Sha256", &found.payload_hash},
      {"AWSAccessKeyId", &found.v2_key},
      {"Signature", &found.v2_signature},
      {"Expires", &found.v2_expires},
      {"x-amz-security-token", &found.v2_token},
  }};
  std::string_view twice;
  for_each_parameter(query, [&](std::string_view name, std::string_view value) {
    for (auto [known, into] : wanted) {
      if (name != known) continue;
      if (*into) twice = known;
      *into = uri_decode(value, true).value_or("");
    }
  });
  if (!twice.empty()) return incomplete_query(fmt::format("The query holds '{}' twice.", twice));
  return found;
}

Outcome<std::int64_t> read_expires(const std::optional<std::string>& text, bool s3) {
  constexpr std::int64_t week = 604800, default_seconds = 900;
  if (!text && !s3) return default_seconds;
  std::int64_t seconds = 0;
  auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (code != std::errc() || end != text->data() + text->size())
    return incomplete_query("X-Amz-Expires should be a number");
  if (seconds < 0) return incomplete_query("X-Amz-Expires must be non-negative");
  if (seconds == 0) return incomplete_query("X-Amz-Expires must be at least one second");
  if (seconds > week)
    return incomplete_query(
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than "
        "604800 seconds");
  return seconds;
}

Outcome<Claim> read_presigned_v4(const SignedMessage& message, QuerySignature&& query) {
  if (query.algorithm != algorithm) return incomplete_query("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
  Claim claim{.scheme = Scheme::v4_query};
  const bool s3 = query.credential && query.credential->find("/s3/aws4_request") != std::string::npos;
  if (!query.credential || !query.signature || !query.date || !query.signed_headers || (s3 && !query.expires))
    return incomplete_query(
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
        "X-Amz-Date, "
        "X-Amz-SignedHeaders, and X-Amz-Expires parameters.");
  CHECK_OK(read_credential(*query.credential, claim, &incomplete_query));
  CHECK_OK(read_signed_headers(*query.signed_headers, claim, &incomplete_query));
  if (!parse_basic_iso8601(*query.date))
    return incomplete_query("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  claim.date = *std::move(query.date);
  CHECK_OK(check_scope_date(claim, &incomplete_query));
  TRY(claim.expires, read_expires(query.expires, s3));
  claim.signature = *std::move(query.signature);
  claim.session_token = std::move(query.token).value_or("");
  claim.payload_hash = std::move(query.payload_hash).value_or("");
  // An unsigned header proves nothing about the body; a signed one does.
  if (claim.payload_hash.empty() && std::find(claim.signed_headers.begin(), claim.signed_headers.end(),
                                              "x-amz-content-sha256") != claim.signed_headers.end())
    claim.payload_hash = trimmed(header(message, "x-amz-content-sha256").value_or(""));
  return claim;
}

Outcome<Claim> read_presigned_v2(const SignedMessage& message, QuerySignature&& query) {
  if (!query.v2_key || !query.v2_signature || !query.v2_expires)
    return refused("Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters");
  Claim claim{.scheme = Scheme::v2_query};
  if (!is_key(*query.v2_key)) return unknown_key({});
  const std::string& expires = *query.v2_expires;
  auto [end, code] = std::from_chars(expires.data(), expires.data() + expires.size(), claim.expires);
  if (code != std::errc() || end != expires.data() + expires.size() || claim.expires < 0)
    return refused("Invalid date (should be seconds since epoch)");
  claim.access_key = *std::move(query.v2_key);
  claim.signature = *std::move(query.v2_signature);
  claim.service = "s3";
  claim.session_token =
      std::move(query.v2_token).value_or(std::string(trimmed(header(message, "x-amz-security-token").value_or(""))));
  return claim;
}

Outcome<Claim> bounded(Outcome<Claim> claim) {
  if (claim && claim->session_token.size() > max_token_length) return invalid_token();
  return claim;
}

}  // namespace

Outcome<Claim> read_claim(const SignedMessage& message) {
  std::optional<std::string_view> authorization;
  for (const auto& [name, value] : message.headers) {
    if (!equal_without_case(name, "authorization")) continue;
    if (authorization) return incomplete("There is more than one Authorization header.");
    authorization = trimmed(value);
  }
  if (authorization && message.query.empty()) return bounded(read_authorization(message, *authorization));
  TRY(QuerySignature query, read_query(message.query));
  const bool v4 = query.algorithm || query.signature, v2 = query.v2_key && (query.v2_signature || query.v2_expires);
  if ((authorization ? 1 : 0) + (v4 ? 1 : 0) + (v2 ? 1 : 0) > 1)
    return aws_error(ErrorKind::validation, "InvalidArgument",
                     "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query "
                     "string parameter or the "
                     "Authorization header should be specified");
  if (authorization) return bounded(read_authorization(message, *authorization));
  if (v4) return bounded(read_presigned_v4(message, std::move(query)));
  if (v2) return bounded(read_presigned_v2(message, std::move(query)));
  return Claim{};
}

}  // namespace clary::auth
