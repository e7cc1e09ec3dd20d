// The canonical forms of SigV4: what signer and verifier both hash. Source: AWS General Reference, "Create a signed AWS
// API request"; for S3 the path is encoded once and its dot segments are kept. Thread rule: pure functions. Invariant:
// two requests with the same canonical request mean the same.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/signature.hpp"

namespace clary::auth {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
// Inline: every header of a request is compared with every one that was signed, and most differ in their first letter.
inline bool equal_without_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}
std::string to_lower(std::string_view text);
std::string_view trimmed(std::string_view text);  // of spaces and tabs
// The first header of that name.
std::optional<std::string_view> header(const SignedMessage& message, std::string_view name);
// Calls `visit(name, value)` for each `name=value` of a raw query, undecoded.
void for_each_parameter(std::string_view query, const std::function<void(std::string_view, std::string_view)>& visit);

// Nothing where the path holds a broken escape.
std::optional<std::string> canonical_path(std::string_view path, bool s3);
// Without `except` (X-Amz-Signature). Nothing where the query holds a broken escape.
std::optional<std::string> canonical_query(std::string_view query, std::string_view except);
// "name:value\n" for each of the signed headers, in their order.
void append_canonical_headers(std::string& out, const SignedMessage& message,
                              const std::vector<std::string>& signed_headers);

// The whole: method, path, query, headers, their names, the payload's hash.
std::string canonical_request(const SignedMessage& message, std::string_view path, std::string_view query,
                              const std::vector<std::string>& signed_headers, std::string_view payload_hash);
std::string string_to_sign(std::string_view date, std::string_view credential_scope, std::string_view canonical);
std::string derive_signing_key(std::string_view secret_key, std::string_view date, std::string_view region,
                               std::string_view service);

}  // namespace clary::auth
