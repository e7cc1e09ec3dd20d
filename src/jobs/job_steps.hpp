// For tests of restarts: a server that dies at a given step of its jobs' lives. CLARY_TEST_DIE_AT=<n> kills it, as kill
// -9 does, when its machine of jobs has taken n steps; 0 counts and never kills. Each step is a line in the server's log:
// "step 3 of jobs: Downloading".
#pragma once

#include <functional>
#include <string_view>

namespace clary::jobs {

// JobParts::passed as the environment variable says it; nothing where it is not set.
std::function<bool(std::string_view step)> steps_of_environment();

}  // namespace clary::jobs
