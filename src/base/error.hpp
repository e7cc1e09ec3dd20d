// What went wrong, told twice: once for the client, once for the log.
// Errors are values; they are returned, never thrown. Thread rule: a plain value.
// Invariant: `message` may be shown to any client, so it never holds a path, a key or another account's data.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

namespace clary {

// The kinds that a caller may want to tell apart. Each service maps them to AWS's error names in one table.
enum class ErrorKind {
  validation,       // the request breaks a rule of the published model or of the operation
  not_found,        // the named resource does not exist
  already_exists,   // a resource of that name exists
  in_use,           // the resource is in a state that forbids the operation
  limit_exceeded,   // a quota or a bound of ours
  access_denied,    // signed correctly, not allowed
  throttled,        // too many at once: try again
  unavailable,      // a passing fault: try again
  timed_out,        // a deadline passed
  not_implemented,  // a real AWS operation that is not served here
  parked,           // not an error: the answer has to wait (see server/parking.hpp)
  internal,         // ours: the detail is in the log
};

struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;  // for the client
  std::string detail;   // for the log only
  std::string code;     // AWS's error name, where the operation has one of its own ("NoSuchBucket"); empty: by kind
  std::vector<std::pair<std::string, std::string>> fields;  // further members of the error's document (S3: Key, BucketName)

  Error&& with(std::string name, std::string value) && {
    fields.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
  }
};

template <typename... Args>
Error make_error(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  return Error{kind, fmt::format(format, std::forward<Args>(args)...), {}, {}, {}};
}

template <typename... Args>
Error validation(fmt::format_string<Args...> format, Args&&... args) {
  return make_error(ErrorKind::validation, format, std::forward<Args>(args)...);
}

// An error with AWS's own name: aws_error(ErrorKind::not_found, "NoSuchBucket", "The specified bucket does not exist").
template <typename... Args>
Error aws_error(ErrorKind kind, std::string code, fmt::format_string<Args...> format, Args&&... args) {
  return Error{kind, fmt::format(format, std::forward<Args>(args)...), {}, std::move(code), {}};
}

// A fault of ours: the client learns nothing but that; the detail goes to the log.
template <typename... Args>
Error internal(fmt::format_string<Args...> format, Args&&... args) {
  return Error{ErrorKind::internal, "An internal error has occurred. Please retry your request.",
               fmt::format(format, std::forward<Args>(args)...), {}, {}};
}

}  // namespace clary
