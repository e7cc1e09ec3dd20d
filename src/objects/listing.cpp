#include "objects/listing.hpp"

namespace clary::objects {

std::string after_prefix(std::string_view prefix) {
  std::string next(prefix);
  while (!next.empty() && next.back() == '\xFF') next.pop_back();
  if (!next.empty()) next.back() = static_cast<char>(static_cast<unsigned char>(next.back()) + 1);
  return next;
}

std::string_view common_prefix(std::string_view key, std::string_view prefix, std::string_view delimiter) {
  if (delimiter.empty() || !key.starts_with(prefix)) return {};
  auto at = key.find(delimiter, prefix.size());
  return at == std::string_view::npos ? std::string_view{} : key.substr(0, at + delimiter.size());
}

namespace {

// The first key that may be given; nothing when there cannot be one.
std::optional<std::string> first_key(std::string_view prefix, std::string_view delimiter, std::string_view after) {
  std::string from(after);
  if (!after.empty() && common_prefix(after, prefix, delimiter) == after) {
    from = after_prefix(after);
    if (from.empty()) return std::nullopt;
  } else if (!after.empty()) {
    from += '\0';
  }
  return from < prefix ? std::string(prefix) : from;
}

}  // namespace

Outcome<Listing> list_keys(meta::Session& session, std::int64_t bucket, std::string_view prefix,
                           std::string_view delimiter, std::string_view after, std::int64_t limit) {
  Listing listing;
  auto from = first_key(prefix, delimiter, after);
  if (limit <= 0 || !from) return listing;
  const std::string below = after_prefix(prefix);
  std::int64_t left = limit;
  while (below.empty() || *from < below) {
    std::string group;
    CHECK_OK(index::scan(session, bucket, *from, below, left + 1, [&](const meta::Row& row) {
      group = common_prefix(row.text(0), prefix, delimiter);
      if (!group.empty()) return false;
      listing.truncated = left == 0;
      if (listing.truncated) return false;
      listing.objects.push_back(index::listed(row));
      listing.next = listing.objects.back().key;
      --left;
      return true;
    }));
    if (group.empty()) break;
    listing.truncated = left == 0;
    if (listing.truncated) break;
    listing.next = group;
    --left;
    from = after_prefix(group);
    listing.prefixes.push_back(std::move(group));
    if (from->empty()) break;
  }
  return listing;
}

}  // namespace clary::objects
