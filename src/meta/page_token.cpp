#include "meta/page_token.hpp"

#include <charconv>
#include <optional>

#include "base/bytes.hpp"

namespace clary::meta {
namespace {

// FNV-1a: tells queries apart by accident, not by malice; a forged token only moves its maker's own page.
std::uint64_t fingerprint(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (unsigned char c : text) hash = (hash ^ c) * 1099511628211ULL;
  return hash;
}

template <typename Int>
std::optional<Int> take_number(std::string_view& text, int base = 10) {
  Int value{};
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (fault != std::errc() || end == text.data() + text.size() || *end != '.') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return value;
}

}  // namespace

std::string make_page_token(std::string_view query, const PagePlace& place) {
  return to_base64(fmt::format("{:x}.{}.{}.{}", fingerprint(query), place.number, place.id, place.text));
}

Outcome<PagePlace> read_page_token(std::string_view query, std::string_view token) {
  const Error wrong = validation("Invalid pagination token: it was not made by this query.");
  auto decoded = from_base64(token);
  if (!decoded) return wrong;
  std::string_view rest = *decoded;
  auto made_for = take_number<std::uint64_t>(rest, 16);
  if (!made_for || *made_for != fingerprint(query)) return wrong;
  auto number = take_number<std::int64_t>(rest);
  auto id = number ? take_number<std::int64_t>(rest) : std::nullopt;
  if (!id) return wrong;
  return PagePlace{std::string(rest), *number, *id};
}

}  // namespace clary::meta
