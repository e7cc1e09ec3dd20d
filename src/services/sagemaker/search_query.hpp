// A Search request as a query of the index, checked against the shape of its resource, and the tokens of its pages. Thread rule: pure functions.
// Invariant: a token goes on with the very request that it was made for, and with no other.
#pragma once

#include "search/query.hpp"
#include "services/sagemaker/search_records.hpp"

namespace clary::services::sagemaker {

// The errors are AWS's ValidationException.
Outcome<search::Query> to_query(const Searched& type, const Scope& scope, const SearchRequest& in);
std::string next_token(const Scope& scope, const SearchRequest& in, const search::Place& last);

}  // namespace clary::services::sagemaker
