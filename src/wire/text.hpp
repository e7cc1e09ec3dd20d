// Scalars as text, as they stand in headers, queries, paths and XML. Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/outcome.hpp"
#include "wire/shape.hpp"

namespace clary::wire {

// A string, number, boolean, time or blob (base64) as text. `format` is the member's own; `otherwise` is the place's (a header's: http_date).
std::string scalar_to_text(const Shape& shape, const void* value, TimeFormat format, TimeFormat otherwise);
// Reads it back; a text that is none is a validation error that names the member.
Outcome<void> scalar_from_text(const Shape& shape, void* value, std::string_view text, std::string_view member);

}  // namespace clary::wire
