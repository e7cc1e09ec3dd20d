#include <algorithm>

#include "meta/changes.hpp"
#include "meta/records.hpp"

namespace clary::meta {
namespace {

constexpr std::size_t max_tags = 50;

Outcome<void> touch_tagged(Session& session, std::string_view arn) {
  TRY(auto record, find_by_arn(session, arn));
  if (!record) return {};
  return touch(session, record->id);
}

}  // namespace

Outcome<void> put_tags(Session& session, std::string_view arn, const std::vector<Tag>& tags) {
  TRY(auto present, tags_of(session, arn));
  // Counted before anything is written, so that a caller who goes on after the error has lost nothing.
  std::vector<std::string_view> keys;
  for (const auto& tag : present) keys.push_back(tag.key);
  for (const auto& tag : tags) {
    if (std::find(keys.begin(), keys.end(), tag.key) == keys.end()) keys.push_back(tag.key);
    if (keys.size() > max_tags) {
      return make_error(ErrorKind::limit_exceeded, "The number of tags of a resource is limited to {}.", max_tags);
    }
  }
  for (const auto& tag : tags) {
    CHECK_OK(
        session.run("INSERT INTO tags (arn, key, value, place) "
                    "VALUES (?, ?, ?, (SELECT coalesce(max(place), 0) + 1 FROM tags WHERE arn = ?)) "
                    "ON CONFLICT (arn, key) DO UPDATE SET value = excluded.value",
                    {arn, tag.key, tag.value, arn}));
  }
  return touch_tagged(session, arn);
}

Outcome<std::vector<Tag>> tags_of(Session& session, std::string_view arn) {
  std::vector<Tag> tags;
  CHECK_OK(session.run("SELECT key, value FROM tags WHERE arn = ? ORDER BY place", {arn}, [&](const Row& row) {
    tags.push_back({std::string(row.text(0)), std::string(row.text(1))});
    return true;
  }));
  return tags;
}

Outcome<void> erase_tags(Session& session, std::string_view arn, const std::vector<std::string>& keys) {
  for (const auto& key : keys) CHECK_OK(session.run("DELETE FROM tags WHERE arn = ? AND key = ?", {arn, key}));
  return touch_tagged(session, arn);
}

}  // namespace clary::meta
