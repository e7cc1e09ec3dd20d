// Packed pages of a Parquet file as the bytes that they stand for. Thread rule: pure. Invariant: of `size` bytes, or an Error.
#pragma once

#include <string>
#include <string_view>

#include "base/outcome.hpp"

namespace clary::training {

Outcome<std::string> unpack_page(int codec, std::string_view packed, std::size_t size);
Outcome<std::string> unpack_snappy(std::string_view packed, std::size_t size);

}  // namespace clary::training
