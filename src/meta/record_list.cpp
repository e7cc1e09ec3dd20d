#include "meta/record_list.hpp"

#include <algorithm>

namespace clary::meta {
namespace {

constexpr std::int64_t most_records = 10000;

std::int64_t page_size(const ListQuery& query) {
  return std::clamp<std::int64_t>(query.limit, 1, most_records);
}

std::string fingerprint_of(const ListQuery& query) {
  return fmt::format("{}\n{}\n{}\n{}\n{}", query.kind, query.scope.account, query.scope.region,
                     static_cast<int>(query.sort), query.descending);
}

PagePlace place_of(const ListQuery& query, const Record& record) {
  switch (query.sort) {
    case ListQuery::Sort::created: return {"", record.created.micros, record.id};
    case ListQuery::Sort::modified: return {"", record.modified.micros, record.id};
    case ListQuery::Sort::name: return {record.name, 0, record.id};
    case ListQuery::Sort::status: return {record.status, record.created.micros, record.id};
  }
  return {};
}

// Each order is that of an index. The one of statuses has the scope in its middle, because it serves all(), which knows
// none.
std::vector<std::string_view> sort_columns(ListQuery::Sort sort) {
  switch (sort) {
    case ListQuery::Sort::created: return {"created", "id"};
    case ListQuery::Sort::modified: return {"modified", "id"};
    case ListQuery::Sort::name: return {"name", "id"};
    case ListQuery::Sort::status: return {"status", "account", "region", "created", "id"};
  }
  return {};
}

class StatementBuilder {
 public:
  StatementBuilder(const ListQuery& query, const LinkFilter& links) : query_(query) {
    // Told plainly that account and region are constants, SQLite no longer sees that the index has the order of
    // statuses. Where links are followed it is to start from them, so no index of the kind may tempt it.
    const bool by_links = links.source || links.target || links.source_parent;
    const bool by_status = query.sort == ListQuery::Sort::status;
    out_.sql =
        fmt::format("SELECT {} FROM records WHERE {} AND {}", record_columns, by_links ? "kind || '' = ?" : "kind = ?",
                    by_links || by_status ? "account || '' = ? AND region || '' = ?" : "account = ? AND region = ?");
    out_.values = {query.kind, query.scope.account, query.scope.region};
  }

  void filters(bool first_page) {
    if (query_.status) add(" AND status = ?", *query_.status);
    if (query_.parent) add(" AND parent = ?", *query_.parent);
    if (query_.name_contains) {
      std::string needle = *query_.name_contains;
      std::transform(needle.begin(), needle.end(), needle.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; });
      out_.texts.push_back(std::move(needle));
      add(" AND instr(lower(name), ?) > 0", out_.texts.back());
    }
    // On later pages the place of the page before is the tighter bound: the `+` keeps the planner from starting at the
    // looser one.
    const bool created_bounds = first_page || query_.sort != ListQuery::Sort::created;
    const bool modified_bounds = first_page || query_.sort != ListQuery::Sort::modified;
    bound(created_bounds ? " AND created > ?" : " AND +created > ?", query_.created_after);
    bound(created_bounds ? " AND created < ?" : " AND +created < ?", query_.created_before);
    bound(modified_bounds ? " AND modified > ?" : " AND +modified > ?", query_.modified_after);
    bound(modified_bounds ? " AND modified < ?" : " AND +modified < ?", query_.modified_before);
  }

  void go_on_after(const PagePlace& place) {
    const auto columns = sort_columns(query_.sort);
    std::string marks = "?";
    for (std::size_t i = 1; i < columns.size(); ++i) marks += ", ?";
    out_.sql += fmt::format(" AND ({}) {} ({})", fmt::join(columns, ", "), query_.descending ? "<" : ">", marks);
    out_.texts.push_back(place.text);
    for (auto column : columns) {
      if (column == "name" || column == "status") out_.values.emplace_back(std::string_view(out_.texts.back()));
      if (column == "account") out_.values.emplace_back(query_.scope.account);
      if (column == "region") out_.values.emplace_back(query_.scope.region);
      if (column == "created" || column == "modified") out_.values.emplace_back(place.number);
      if (column == "id") out_.values.emplace_back(place.id);
    }
  }

  void linked(const LinkFilter& links) {
    if (links.source)
      add_link(" AND id IN (SELECT target FROM links WHERE links.kind = ? AND source = ?)", links.kind, *links.source);
    if (links.target)
      add_link(" AND id IN (SELECT source FROM links WHERE links.kind = ? AND target = ?)", links.kind, *links.target);
    if (!links.source_parent) return;
    // CROSS JOIN: SQLite keeps to this order of the tables.
    out_.sql +=
        " AND id IN (SELECT links.target FROM records AS owner CROSS JOIN links WHERE links.source = owner.id"
        " AND links.kind = ? AND owner.kind = ? AND owner.account = ? AND owner.region = ? AND owner.parent = ?)";
    for (std::string_view value :
         {std::string_view(links.kind), std::string_view(links.source_kind), std::string_view(query_.scope.account),
          std::string_view(query_.scope.region), std::string_view(*links.source_parent)})
      out_.values.emplace_back(value);
  }

  ListStatement finish() {
    const auto columns = sort_columns(query_.sort);
    const char* turn = query_.descending ? " DESC" : "";
    out_.sql += fmt::format(" ORDER BY {}{} LIMIT ?", fmt::join(columns, fmt::format("{}, ", turn)), turn);
    out_.values.emplace_back(page_size(query_) + 1);
    return std::move(out_);
  }

 private:
  void add(std::string_view condition, std::string_view value) {
    out_.sql += condition;
    out_.values.emplace_back(value);
  }
  void add_link(std::string_view condition, std::string_view kind, std::int64_t end) {
    add(condition, kind);
    out_.values.emplace_back(end);
  }
  void bound(std::string_view condition, const std::optional<Time>& time) {
    if (!time) return;
    out_.sql += condition;
    out_.values.emplace_back(time->micros);
  }

  const ListQuery& query_;
  ListStatement out_;
};

}  // namespace

ListStatement list_statement(const ListQuery& query, const PagePlace* after, const LinkFilter& links) {
  StatementBuilder builder(query, links);
  builder.filters(after == nullptr);
  builder.linked(links);
  if (after) builder.go_on_after(*after);
  return builder.finish();
}

Outcome<Page> list(Session& session, const ListQuery& query) {
  return list_linked(session, query, {});
}

Outcome<Page> list_linked(Session& session, const ListQuery& query, const LinkFilter& links) {
  const std::string fingerprint = fingerprint_of(query);
  std::optional<PagePlace> after;
  if (!query.after.empty()) {
    TRY(after, read_page_token(fingerprint, query.after));
  }
  auto statement = list_statement(query, after ? &*after : nullptr, links);
  const auto size = static_cast<std::size_t>(page_size(query));
  Page page;
  bool more = false;
  CHECK_OK(session.run(statement.sql, statement.values, [&](const Row& row) {
    more = page.records.size() == size;
    if (!more) page.records.push_back(read_record(row));
    return !more;
  }));
  if (more) page.next = make_page_token(fingerprint, place_of(query, page.records.back()));
  return page;
}

}  // namespace clary::meta
