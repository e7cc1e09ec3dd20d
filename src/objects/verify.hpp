// Whether the bytes that came are the bytes that the client meant. Thread rule: pure functions.
// Invariant: what the client said is checked for its form before a byte is taken, and for its truth before the object
// is there.
#pragma once

#include <optional>
#include <string>

#include "base/outcome.hpp"
#include "objects/intake.hpp"
#include "objects/objects.hpp"

namespace clary::objects {

// The algorithm of that name (empty: none). An unknown one is InvalidRequest.
Outcome<std::optional<Algorithm>> algorithm_of(std::string_view name);
Outcome<void> check_form(const Expected& expected, std::optional<Algorithm> algorithm, std::string_view checksum);
Outcome<void> check_truth(const Intake::Taken& taken, const Expected& expected, std::optional<Algorithm> algorithm,
                          std::string_view checksum);

}  // namespace clary::objects
