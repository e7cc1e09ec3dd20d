// A page of a query over a table. Pure functions over a table that nobody changes meanwhile. Invariant: pages follow the order of their rows' values
// and ids, so what is added between two pages neither repeats nor hides a row that stood before.
#pragma once

#include "search/query.hpp"
#include "search/table.hpp"

namespace clary::search {

Found find(const Table& table, const Query& query);

}  // namespace clary::search
