// Numbers in outside text, read whole or not at all. Thread rule: pure functions.
#pragma once

#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>

namespace clary::training {

// With a sign, an exponent, "nan" or "inf". Beyond float's range it is zero or infinity, as the library's own parser has it.
inline bool read_float(std::string_view text, float& value) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec == std::errc::result_out_of_range) {
    value = std::strtof(std::string(text.data(), read.ptr).c_str(), nullptr);  // which says how it is out of range
    return read.ptr == end;
  }
  return read.ec == std::errc() && read.ptr == end;
}

template <typename Number>
bool read_whole(std::string_view text, Number& value) {
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  return read.ec == std::errc() && read.ptr == end;
}

}  // namespace clary::training
