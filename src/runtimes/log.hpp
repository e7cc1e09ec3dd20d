// The module's log channel.
#pragma once

#include "base/log.hpp"

namespace clary::runtimes {

inline constexpr log::Channel log_{"runtimes"};

}  // namespace clary::runtimes
