// A TrainingSpec as JSON, for its job's record. Pure functions. Invariant: decode(encode(x)) is x; members of other
// versions are skipped, or have their defaults.
#pragma once

#include <string>
#include <string_view>

#include "base/outcome.hpp"
#include "jobs/training_job.hpp"

namespace clary::jobs {

std::string encode_spec(const TrainingSpec& spec);
Outcome<TrainingSpec> decode_spec(std::string_view text);

}  // namespace clary::jobs
