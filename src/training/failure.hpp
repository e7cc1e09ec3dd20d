// How a built-in algorithm says why it failed: what the user can mend (ClientError) and what the user cannot
// (AlgorithmError), the two words that FailureReason begins with. Plain values. Thread rule: any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"
#include "base/outcome.hpp"

namespace clary::training {

inline constexpr const char* client_error = "ClientError";
inline constexpr const char* algorithm_error = "AlgorithmError";

template <typename... Args>
Error user_error(fmt::format_string<Args...> format, Args&&... args) {
  return aws_error(ErrorKind::validation, client_error, format, std::forward<Args>(args)...);
}

template <typename... Args>
Error algorithm_failure(fmt::format_string<Args...> format, Args&&... args) {
  return aws_error(ErrorKind::internal, algorithm_error, format, std::forward<Args>(args)...);
}

// A piece of outside text as an error may show it.
inline std::string printable(std::string_view text) {
  std::string shown = to_valid_utf8(text.substr(0, 60));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return shown;
}

// What /opt/ml/output/failure gets.
inline std::string failure_text(const Error& error) {
  const bool ours = error.code.empty() && error.kind == ErrorKind::internal;
  const std::string& message = ours && !error.detail.empty() ? error.detail : error.message;
  return (error.code.empty() ? algorithm_error : error.code) + std::string(": ") + message;
}

}  // namespace clary::training
