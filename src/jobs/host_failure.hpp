// Which of several hosts' failures is the cause. When one fails, the others miss it and fail too, sometimes before the
// first one's process has quite ended. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "workers/launcher.hpp"

namespace clary::jobs {

struct HostFailure {
  std::size_t host = 0;
  workers::Exit exit;
  std::vector<std::string> last_lines;  // of its output, oldest first
};

// `failures`, not empty, are in the order in which they were seen: the first one that was killed, or else that does not
// speak of a lost connection, or else the first.
std::size_t cause_of(const std::vector<HostFailure>& failures);

}  // namespace clary::jobs
