// What downloads and uploads do about their errors. Thread rule: pure functions. Invariant: an error of this side is never
// worded as one of the client's.
#pragma once

#include <optional>

#include "base/outcome.hpp"

namespace clary::jobs {

// Whether this side is to blame, or gave up; what else there is, the client can do something about.
inline bool is_ours(const Error& error) {
  return error.kind == ErrorKind::timed_out || error.kind == ErrorKind::internal ||
         error.kind == ErrorKind::unavailable;
}

// For uploads that go on after an error, because what the job left is gone afterwards: the first error is kept. False:
// it was given up, and nothing more is to be tried.
inline bool go_on_after(Outcome<void> done, std::optional<Error>& first) {
  if (done) return true;
  const bool given_up = done.error().kind == ErrorKind::timed_out;
  if (!first || given_up) first = std::move(done).error();
  return !given_up;
}

}  // namespace clary::jobs
