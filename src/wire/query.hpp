// The query protocol's requests: application/x-www-form-urlencoded members such as ActionNames.member.1=s3:GetObject.
// Source: Smithy's "AWS query protocol". Thread rule: pure functions.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "wire/violations.hpp"

namespace clary::wire {

using Form = std::map<std::string, std::string, std::less<>>;

// Decodes "a=1&b=%20"; the last of several equal names stands. A broken escape or broken UTF-8 is a validation error.
Outcome<Form> read_form(std::string_view text);
Outcome<void> read_query(const Shape& shape, void* structure, const Form& form, Violations& violations);

}  // namespace clary::wire
