// How much of a file or an object is held at once on its way between S3 and a host. A constant.
#pragma once

#include <cstddef>

namespace clary::jobs {

inline constexpr std::size_t transfer_piece = 1 << 20;

}  // namespace clary::jobs
