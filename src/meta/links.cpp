#include "meta/links.hpp"

#include "meta/changes.hpp"

namespace clary::meta {
namespace {

Outcome<bool> any(Session& session, std::string_view sql, const std::vector<Value>& values) {
  bool found = false;
  CHECK_OK(session.run(sql, values, [&](const Row&) {
    found = true;
    return false;
  }));
  return found;
}

// What changes of a link is a change of both that it joins. Whether there was one.
Outcome<bool> changed_links(Session& session, std::int64_t source, std::int64_t target, std::int64_t rows) {
  if (rows == 0) return false;
  CHECK_OK(touch(session, source));
  CHECK_OK(touch(session, target));
  return true;
}

}  // namespace

Outcome<bool> link(Session& session, std::string_view kind, std::int64_t source, std::int64_t target) {
  TRY(auto changed,
      session.run(
          "INSERT INTO links (kind, source, target) VALUES (?, ?, ?) ON CONFLICT (kind, source, target) DO NOTHING",
          {kind, source, target}));
  return changed_links(session, source, target, changed);
}

Outcome<bool> unlink(Session& session, std::string_view kind, std::int64_t source, std::int64_t target) {
  TRY(auto changed,
      session.run("DELETE FROM links WHERE kind = ? AND source = ? AND target = ?", {kind, source, target}));
  return changed_links(session, source, target, changed);
}

Outcome<bool> has_targets(Session& session, std::string_view kind, std::int64_t source) {
  return any(session, "SELECT 1 FROM links WHERE kind = ? AND source = ? LIMIT 1", {kind, source});
}

Outcome<bool> has_sources(Session& session, std::string_view kind, std::int64_t target) {
  return any(session, "SELECT 1 FROM links WHERE kind = ? AND target = ? LIMIT 1", {kind, target});
}

Outcome<std::vector<LinkSource>> sources_of(Session& session, std::string_view kind, std::int64_t target) {
  std::vector<LinkSource> sources;
  CHECK_OK(session.run(
      "SELECT records.id, records.name, records.parent FROM links JOIN records ON records.id = links.source "
      "WHERE links.kind = ? AND links.target = ? ORDER BY records.id",
      {kind, target}, [&](const Row& row) {
        sources.push_back({row.integer(0), std::string(row.text(1)), std::string(row.text(2))});
        return true;
      }));
  return sources;
}

}  // namespace clary::meta
