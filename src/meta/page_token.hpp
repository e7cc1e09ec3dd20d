// The opaque token of a page: the place where the next one goes on, as sort key and id, so that rows which are added
// meanwhile neither repeat nor hide others. Thread rule: pure functions. Invariant: a token is read back only for the
// very query that it was made for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/outcome.hpp"

namespace clary::meta {

struct PagePlace {
  std::string text;         // the sort key, where it is text
  std::int64_t number = 0;  // the sort key, where it is a number
  std::int64_t id = 0;
};

// `query` names all that the order depends on.
std::string make_page_token(std::string_view query, const PagePlace& place);
Outcome<PagePlace> read_page_token(std::string_view query, std::string_view token);

}  // namespace clary::meta
