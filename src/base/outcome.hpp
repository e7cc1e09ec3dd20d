// Outcome<T>: a value or an Error, as every fallible function here returns it.
// Owned by the caller; a plain value, safe to move between threads. Invariant: exactly one of the two is there.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/error.hpp"

namespace clary {

template <typename T>
class [[nodiscard]] Outcome {
 public:
  using value_type = T;
  Outcome(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Outcome(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  template <typename U, std::enable_if_t<std::is_convertible_v<U&&, T> && !std::is_same_v<std::decay_t<U>, Error> &&
                                             !std::is_same_v<std::decay_t<U>, Outcome> && !std::is_same_v<std::decay_t<U>, T>,
                                         int> = 0>
  Outcome(U&& value) : state_(std::in_place_index<0>, std::forward<U>(value)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Outcome<void> {
 public:
  using value_type = void;
  Outcome() = default;
  Outcome(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  Error& error() & { return *error_; }
  const Error& error() const& { return *error_; }
  Error&& error() && { return *std::move(error_); }

 private:
  std::optional<Error> error_;
};

}  // namespace clary

// TRY(auto x, f()): x = the value of f(), or return its error.   CHECK_OK(f()): return f()'s error, if any.
#define CLARY_CONCAT_(a, b) a##b
#define CLARY_CONCAT(a, b) CLARY_CONCAT_(a, b)
#define CLARY_TRY_(tmp, declaration, ...)            \
  auto tmp = (__VA_ARGS__);                          \
  if (!tmp) return std::move(tmp).error();           \
  declaration = *std::move(tmp)
#define TRY(declaration, ...) CLARY_TRY_(CLARY_CONCAT(outcome_, __LINE__), declaration, __VA_ARGS__)
#define CHECK_OK(...)                                                                \
  do {                                                                               \
    if (auto outcome_ = (__VA_ARGS__); !outcome_) return std::move(outcome_).error(); \
  } while (false)
