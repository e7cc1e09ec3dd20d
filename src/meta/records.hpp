// Records: named resources of an account and region (training jobs, models, endpoints...), each a document with the
// columns that it is looked up by. Functions over a Session; the caller brings the transaction. Thread rule: as the
// Session's. Invariant: (kind, account, region, name) is unique; `id` grows with the order of creation and is never
// used again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arn.hpp"
#include "base/outcome.hpp"
#include "base/time.hpp"
#include "meta/store.hpp"

namespace clary::meta {

struct Record {
  std::int64_t id = 0;  // given by insert()
  std::string kind;     // "training-job": the resource type as its ARN spells it
  Scope scope;
  std::string name;
  std::string arn;
  std::string status;  // AWS's word, where the resource has one
  std::string parent;  // what it belongs to, for look-up (an endpoint's config name...); may be empty
  Time created, modified;
  std::string document;  // the service's: the create request as JSON
  std::string state;     // the domain's: what it knows of the resource's life, as JSON
};

// The new record's id; ErrorKind::already_exists when the name is taken.
Outcome<std::int64_t> insert(Session& session, const Record& record);
Outcome<std::optional<Record>> find(Session& session, std::string_view kind, const Scope& scope, std::string_view name);
// The id alone; reads no document.
Outcome<std::optional<std::int64_t>> find_id(Session& session, std::string_view kind, const Scope& scope, std::string_view name);
Outcome<std::optional<Record>> find_by_id(Session& session, std::int64_t id);
Outcome<std::optional<Record>> find_by_arn(Session& session, std::string_view arn);
// Writes status, parent, modified, document and state of the record with this id; ErrorKind::not_found when it is gone.
Outcome<void> update(Session& session, const Record& record);
Outcome<bool> erase(Session& session, std::int64_t id);  // whether it was there; its tags and series go too

// A page of a List operation. Names compare without case in `name_contains`, as AWS does.
struct ListQuery {
  std::string kind;
  Scope scope;
  std::optional<std::string> name_contains, status, parent;
  std::optional<Time> created_after, created_before, modified_after, modified_before;  // exclusive, as AWS's are
  enum class Sort { created, modified, name, status } sort = Sort::created;
  bool descending = false;  // equal keys keep the order of creation (reversed when descending)
  std::int64_t limit = 10;  // 1 to 10,000
  std::string after;        // the token of the page before; empty: the first
};
struct Page {
  std::vector<Record> records;
  std::string next;  // empty: the last page
};
// Filters, then pages. A token that is not of this query is ErrorKind::validation.
Outcome<Page> list(Session& session, const ListQuery& query);
// Every record of a kind in any scope with one of these statuses (all statuses when empty), in order of creation: for
// picking work up at start.
Outcome<std::vector<Record>> all(Session& session, std::string_view kind,
                                 const std::vector<std::string>& statuses = {});
Outcome<std::int64_t> count(Session& session, std::string_view kind, const std::vector<std::string>& statuses = {});

struct Tag {
  std::string key, value;
  bool operator==(const Tag&) const = default;
};
// Adds or replaces; keeps the order of first addition. ErrorKind::limit_exceeded beyond 50 a resource.
Outcome<void> put_tags(Session& session, std::string_view arn, const std::vector<Tag>& tags);
Outcome<std::vector<Tag>> tags_of(Session& session, std::string_view arn);
Outcome<void> erase_tags(Session& session, std::string_view arn, const std::vector<std::string>& keys);

// The schema of records and tags; goes first in the composition root's list.
extern const std::vector<Migration> record_migrations;

}  // namespace clary::meta
