// Associations: the arrows of the lineage graph, from one record to another ("the data set contributed to the training job"), each with its kind
// and its time. The types of both ends lie beside them, because lists are filtered and sorted by them. Functions over a Session; the caller brings
// the transaction. Thread rule: as the Session's. Invariant: from one record to another there is one association at most, and both are there:
// erase() of records.hpp takes a record's associations with it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "meta/records.hpp"

namespace clary::meta {

// One end: a record, its kind, and its type ("DataSet", "TrainingJob"), which does not change as long as it lives; may be empty.
struct AssociationEnd {
  std::int64_t record = 0;
  std::string kind, arn, type;
};

struct Association {
  std::int64_t id = 0;  // given by associate()
  Scope scope;
  AssociationEnd source, destination;
  std::string type;  // "ContributedTo", ...; may be empty
  Time created;
  std::string document;  // who made it, as JSON
};

// Whether it is new; the one that is there stays as it was.
Outcome<bool> associate(Session& session, const Association& association);
// Whether it was there.
Outcome<bool> dissociate(Session& session, std::int64_t source, std::int64_t destination);
Outcome<bool> has_associations(Session& session, std::int64_t record);
Outcome<std::optional<Association>> find_association(Session& session, std::int64_t source, std::int64_t destination);
// Called by erase() of records.hpp.
Outcome<void> erase_associations(Session& session, std::int64_t record);

// An end of that type, or of that kind.
struct EndFilter {
  std::string type, kind;
};

// A page of a list; every filter that is there must hold. Times are inclusive.
struct AssociationQuery {
  Scope scope;
  std::optional<std::int64_t> source, destination;  // records
  std::optional<EndFilter> source_type, destination_type;
  std::optional<std::string> type;
  std::optional<Time> created_from, created_to;
  enum class Sort { created, source_arn, destination_arn, source_type, destination_type } sort = Sort::created;
  bool descending = false;  // equal keys keep the order of creation (reversed when descending)
  std::int64_t limit = 10;
  std::string after;  // the token of the page before
};
struct AssociationPage {
  std::vector<Association> associations;
  std::string next;  // empty: the last page
};
Outcome<AssociationPage> list_associations(Session& session, const AssociationQuery& query);

// The arrows that end in a record, or begin there; for walks of the graph. `each` gets the other end.
struct Neighbour {
  std::int64_t record = 0;
  std::string_view kind, type, association;  // valid inside the callback
  Time created, modified;                    // of the record
};
Outcome<void> each_source(Session& session, std::int64_t record, const std::function<void(const Neighbour&)>& each);
Outcome<void> each_destination(Session& session, std::int64_t record, const std::function<void(const Neighbour&)>& each);

}  // namespace clary::meta
