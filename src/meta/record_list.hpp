// The statement of a list query, apart from its running, so that tests can ask SQLite how it would be run.
// Thread rule: pure functions. Invariant: the text depends only on which filters are there, never on their values.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "meta/links.hpp"
#include "meta/page_token.hpp"
#include "meta/records.hpp"

namespace clary::meta {

struct ListStatement {
  std::string sql;
  std::vector<Value> values;  // views into the query, the links' filter and `texts`
  std::deque<std::string> texts;
};

// `after` is the place of the last row of the page before; null: the first page. One row more than the limit is asked
// for.
ListStatement list_statement(const ListQuery& query, const PagePlace* after, const LinkFilter& links = {});

// The columns of a Record, as read_record() expects them.
extern const std::string_view record_columns;
Record read_record(const Row& row);

}  // namespace clary::meta
