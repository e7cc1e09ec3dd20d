#include "meta/associations.hpp"

#include <algorithm>

#include "meta/changes.hpp"
#include "meta/page_token.hpp"

namespace clary::meta {
namespace {

constexpr std::int64_t most_associations = 1000;

constexpr std::string_view columns =
    "id, account, region, source, source_kind, source_arn, source_type, destination, destination_kind, destination_arn, "
    "destination_type, type, created, document";

Association read_association(const Row& row) {
  Association found;
  found.id = row.integer(0);
  found.scope = {std::string(row.text(1)), std::string(row.text(2))};
  found.source = {row.integer(3), std::string(row.text(4)), std::string(row.text(5)), std::string(row.text(6))};
  found.destination = {row.integer(7), std::string(row.text(8)), std::string(row.text(9)), std::string(row.text(10))};
  found.type = row.text(11);
  found.created.micros = row.integer(12);
  found.document = row.text(13);
  return found;
}

Outcome<void> touch_both(Session& session, std::int64_t source, std::int64_t destination) {
  CHECK_OK(touch(session, source));
  return touch(session, destination);
}

std::string_view sort_column(AssociationQuery::Sort sort) {
  switch (sort) {
    case AssociationQuery::Sort::created: return "created";
    case AssociationQuery::Sort::source_arn: return "source_arn";
    case AssociationQuery::Sort::destination_arn: return "destination_arn";
    case AssociationQuery::Sort::source_type: return "source_type";
    case AssociationQuery::Sort::destination_type: return "destination_type";
  }
  return "created";
}

PagePlace place_of(const AssociationQuery& query, const Association& last) {
  switch (query.sort) {
    case AssociationQuery::Sort::created: return {"", last.created.micros, last.id};
    case AssociationQuery::Sort::source_arn: return {last.source.arn, 0, last.id};
    case AssociationQuery::Sort::destination_arn: return {last.destination.arn, 0, last.id};
    case AssociationQuery::Sort::source_type: return {last.source.type, 0, last.id};
    case AssociationQuery::Sort::destination_type: return {last.destination.type, 0, last.id};
  }
  return {};
}

std::string fingerprint_of(const AssociationQuery& query) {
  auto id = [](const std::optional<std::int64_t>& record) { return record ? std::to_string(*record) : ""; };
  return fmt::format("associations\n{}\n{}\n{}\n{}\n{}\n{}", query.scope.account, query.scope.region, id(query.source),
                     id(query.destination), static_cast<int>(query.sort), query.descending);
}

class ListStatement {
 public:
  explicit ListStatement(const AssociationQuery& query) : query_(query) {
    // What is at one record is to be found from there: no index of the scope may tempt the planner.
    const bool by_end = query.source || query.destination;
    sql_ = fmt::format("SELECT {} FROM associations WHERE {}", columns,
                       by_end ? "account || '' = ? AND region || '' = ?" : "account = ? AND region = ?");
    values_ = {query.scope.account, query.scope.region};
    if (query.source) add(" AND source = ?", *query.source);
    if (query.destination) add(" AND destination = ?", *query.destination);
    if (query.source_type) end(" AND (source_type = ? OR source_kind = ?)", *query.source_type);
    if (query.destination_type) end(" AND (destination_type = ? OR destination_kind = ?)", *query.destination_type);
    if (query.type) add(" AND type = ?", std::string_view(*query.type));
    if (query.created_from) add(" AND created >= ?", query.created_from->micros);
    if (query.created_to) add(" AND created <= ?", query.created_to->micros);
  }

  // `place` must outlive the statement.
  void go_on_after(const PagePlace& place) {
    sql_ += fmt::format(" AND ({}, id) {} (?, ?)", sort_column(query_.sort), query_.descending ? "<" : ">");
    if (query_.sort == AssociationQuery::Sort::created) {
      values_.emplace_back(place.number);
    } else {
      values_.emplace_back(std::string_view(place.text));
    }
    values_.emplace_back(place.id);
  }

  Outcome<std::int64_t> run(Session& session, std::int64_t limit, const std::function<bool(const Row&)>& each) {
    const char* turn = query_.descending ? " DESC" : "";
    sql_ += fmt::format(" ORDER BY {}{}, id{} LIMIT ?", sort_column(query_.sort), turn, turn);
    values_.emplace_back(limit);
    return session.run(sql_, values_, each);
  }

 private:
  void add(std::string_view condition, Value value) {
    sql_ += condition;
    values_.push_back(value);
  }
  void end(std::string_view condition, const EndFilter& filter) {
    add(condition, std::string_view(filter.type));
    values_.emplace_back(std::string_view(filter.kind));
  }

  const AssociationQuery& query_;
  std::string sql_;
  std::vector<Value> values_;
};

Outcome<void> each_neighbour(Session& session, std::string_view sql, std::int64_t record,
                             const std::function<void(const Neighbour&)>& each) {
  CHECK_OK(session.run(sql, {record}, [&](const Row& row) {
    Neighbour found{row.integer(0), row.text(1), row.text(2), row.text(3)};
    found.created.micros = row.integer(4);
    found.modified.micros = row.integer(5);
    each(found);
    return true;
  }));
  return {};
}

}  // namespace

Outcome<bool> associate(Session& session, const Association& association) {
  const AssociationEnd &source = association.source, &destination = association.destination;
  TRY(auto added,
      session.run("INSERT INTO associations (id, account, region, source, source_kind, source_arn, source_type, "
                  "destination, destination_kind, destination_arn, destination_type, type, created, document) "
                  "VALUES ((SELECT coalesce(max(id), 0) + 1 FROM associations), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                  "ON CONFLICT (source, destination) DO NOTHING",
                  {association.scope.account, association.scope.region, source.record, source.kind, source.arn,
                   source.type, destination.record, destination.kind, destination.arn, destination.type,
                   association.type, association.created.micros, association.document}));
  if (added == 0) return false;
  CHECK_OK(touch_both(session, source.record, destination.record));
  return true;
}

Outcome<bool> dissociate(Session& session, std::int64_t source, std::int64_t destination) {
  TRY(auto removed,
      session.run("DELETE FROM associations WHERE source = ? AND destination = ?", {source, destination}));
  if (removed == 0) return false;
  CHECK_OK(touch_both(session, source, destination));
  return true;
}

Outcome<bool> has_associations(Session& session, std::int64_t record) {
  bool has = false;
  auto found = [&](const Row&) {
    has = true;
    return false;
  };
  CHECK_OK(session.run("SELECT 1 FROM associations WHERE source = ? LIMIT 1", {record}, found));
  if (!has) CHECK_OK(session.run("SELECT 1 FROM associations WHERE destination = ? LIMIT 1", {record}, found));
  return has;
}

Outcome<std::optional<Association>> find_association(Session& session, std::int64_t source, std::int64_t destination) {
  static const std::string sql =
      fmt::format("SELECT {} FROM associations WHERE source = ? AND destination = ?", columns);
  std::optional<Association> found;
  CHECK_OK(session.run(sql, {source, destination}, [&](const Row& row) {
    found = read_association(row);
    return false;
  }));
  return found;
}

Outcome<void> erase_associations(Session& session, std::int64_t record) {
  CHECK_OK(session.run("DELETE FROM associations WHERE source = ?", {record}));
  CHECK_OK(session.run("DELETE FROM associations WHERE destination = ?", {record}));
  return {};
}

Outcome<AssociationPage> list_associations(Session& session, const AssociationQuery& query) {
  const std::string fingerprint = fingerprint_of(query);
  std::optional<PagePlace> after;
  if (!query.after.empty()) {
    TRY(after, read_page_token(fingerprint, query.after));
  }
  ListStatement statement(query);
  if (after) statement.go_on_after(*after);
  const auto size = std::clamp<std::int64_t>(query.limit, 1, most_associations);
  AssociationPage page;
  bool more = false;
  CHECK_OK(statement.run(session, size + 1, [&](const Row& row) {
    more = page.associations.size() == static_cast<std::size_t>(size);
    if (!more) page.associations.push_back(read_association(row));
    return !more;
  }));
  if (more) page.next = make_page_token(fingerprint, place_of(query, page.associations.back()));
  return page;
}

Outcome<void> each_source(Session& session, std::int64_t record, const std::function<void(const Neighbour&)>& each) {
  return each_neighbour(session,
                        "SELECT source, source_kind, source_type, type, records.created, modified FROM associations "
                        "JOIN records ON records.id = source WHERE destination = ?",
                        record, each);
}

Outcome<void> each_destination(Session& session, std::int64_t record,
                               const std::function<void(const Neighbour&)>& each) {
  return each_neighbour(
      session,
      "SELECT destination, destination_kind, destination_type, type, records.created, modified FROM associations "
      "JOIN records ON records.id = destination WHERE source = ?",
      record, each);
}

}  // namespace clary::meta
