// An array as newer functions of the library take it: numpy's array interface, as JSON. Thread rule: pure. Invariant: nothing is copied; the
// array outlives the call that is given the text.
#pragma once

#include <cstddef>
#include <fmt/format.h>
#include <span>
#include <string>
#include <type_traits>

namespace clary::xgboost {

template <typename T>
constexpr const char* array_type() {
  if constexpr (std::is_floating_point_v<T>) return sizeof(T) == 4 ? "<f4" : "<f8";
  return sizeof(T) == 4 ? "<u4" : "<u8";
}

template <typename T>
std::string array_text(std::span<const T> values) {
  return fmt::format(R"({{"data":[{},true],"shape":[{}],"typestr":"{}","version":3}})", reinterpret_cast<std::uintptr_t>(values.data()),
                     values.size(), array_type<T>());
}

template <typename T>
std::string array_text(std::span<const T> values, std::size_t columns) {
  return fmt::format(R"({{"data":[{},true],"shape":[{},{}],"typestr":"{}","version":3}})", reinterpret_cast<std::uintptr_t>(values.data()),
                     columns == 0 ? 0 : values.size() / columns, columns, array_type<T>());
}

}  // namespace clary::xgboost
