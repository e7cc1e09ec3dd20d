// The module's log channel.
#pragma once

#include "base/log.hpp"

namespace clary::jobs {

inline constexpr log::Channel log_{"jobs"};

}  // namespace clary::jobs
