// The module's log channel.
#pragma once

#include "base/log.hpp"

namespace clary::meta {

inline constexpr log::Channel log_{"meta"};

}  // namespace clary::meta
