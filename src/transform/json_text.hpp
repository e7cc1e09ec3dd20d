// JSON as text: the members of an object and the elements of an array as pieces of the text that they stand in, so that
// what is taken from a document or put into it keeps every byte ("1.10" stays that). Pure functions. Invariant: a piece
// lies within the text; brackets and strings are closed; what stands between is not judged further.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/outcome.hpp"

namespace clary::transform {

struct JsonMember {
  std::string name;       // unescaped
  std::string_view key;   // as it stands there, with its quotes
  std::string_view value;
};

bool is_json_object(std::string_view text);
bool is_json_array(std::string_view text);

Outcome<std::vector<JsonMember>> json_members(std::string_view object);
Outcome<std::vector<std::string_view>> json_elements(std::string_view array);
// The one value that the text is, without the space around it.
Outcome<std::string_view> json_value(std::string_view text);

std::string json_string(std::string_view text);

}  // namespace clary::transform
