// Bytes of outside data, and the text forms they travel in. Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace clary {

// Data that is not text; a type of its own so that codecs write it as base64.
struct Bytes {
  std::string data;
  bool operator==(const Bytes&) const = default;
};

std::string to_hex(std::string_view bytes);  // lower case
std::optional<std::string> from_hex(std::string_view text);
std::string to_base64(std::string_view bytes);  // RFC 4648, padded
std::optional<std::string> from_base64(std::string_view text);

// Percent-encodes all but A-Z a-z 0-9 - _ . ~ (RFC 3986's unreserved), and '/' too unless kept: SigV4's UriEncode.
std::string uri_encode(std::string_view text, bool keep_slash = false);
// Decodes %XX; '+' becomes a space only where asked (forms). Nothing on a broken escape.
std::optional<std::string> uri_decode(std::string_view text, bool plus_is_space = false);

bool is_valid_utf8(std::string_view text);
// Each maximal broken piece becomes U+FFFD, as Unicode recommends.
std::string to_valid_utf8(std::string_view text);

// Takes the same time wherever the first difference stands (for secrets); unequal lengths differ at once.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace clary
