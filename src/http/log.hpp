// The module's log channel.
#pragma once

#include "base/log.hpp"

namespace clary::http {

inline constexpr log::Channel log_{"http"};

}  // namespace clary::http
