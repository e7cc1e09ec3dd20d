// The module's log channel.
#pragma once

#include "base/log.hpp"

namespace clary::objects {

inline constexpr log::Channel log_{"objects"};

}  // namespace clary::objects
