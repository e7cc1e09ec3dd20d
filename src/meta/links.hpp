// Links: which record belongs to which, where one record may have many of the other (a trial and its components). Each is
// a row of its own, so that many writers at once lose nothing. Functions over a Session; the caller brings the
// transaction. Thread rule: as the Session's. Invariant: a link of a kind between two records is there once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "meta/records.hpp"

namespace clary::meta {

// Records by their ids. Whether it is new.
Outcome<bool> link(Session& session, std::string_view kind, std::int64_t source, std::int64_t target);
// Whether it was there.
Outcome<bool> unlink(Session& session, std::string_view kind, std::int64_t source, std::int64_t target);
Outcome<bool> has_targets(Session& session, std::string_view kind, std::int64_t source);
Outcome<bool> has_sources(Session& session, std::string_view kind, std::int64_t target);

// The records that are linked to `target`, in order of their ids.
struct LinkSource {
  std::int64_t id = 0;
  std::string name, parent;  // of the record
};
Outcome<std::vector<LinkSource>> sources_of(Session& session, std::string_view kind, std::int64_t target);

// Narrows a list to what is linked; every member that is there must hold.
struct LinkFilter {
  std::string kind;
  std::optional<std::int64_t> source;  // the targets of this record
  std::optional<std::int64_t> target;  // the sources of this record
  // The targets of the records of this kind, in the query's scope, that have this parent.
  std::string source_kind;
  std::optional<std::string> source_parent;
};
Outcome<Page> list_linked(Session& session, const ListQuery& query, const LinkFilter& filter);

}  // namespace clary::meta
