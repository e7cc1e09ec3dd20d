// The filters of a query over a table: a bitmap for each condition, put together by And and Or. Pure functions over a table that nobody changes
// meanwhile. Invariant: only live rows are in an answer.
#pragma once

#include "search/query.hpp"
#include "search/table.hpp"

namespace clary::search {

Bitmap matching(const Table& table, const Expression& expression);
// Whether one value, as it stands in a list, passes.
bool passes(const ValueTest& test, double number);
bool passes(const ValueTest& test, std::string_view text);
// The column that a property's cells stand in: the first of its columns that there is.
const Column* column_of(const Table& table, const Property& property);

}  // namespace clary::search
