// The module's log channel.
#pragma once

#include "base/log.hpp"

namespace clary::serving {

inline constexpr log::Channel log_{"serving"};

}  // namespace clary::serving
