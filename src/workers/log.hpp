// The module's log channel.
#pragma once

#include "base/log.hpp"

namespace clary::workers {

inline constexpr log::Channel log_{"workers"};

}  // namespace clary::workers
