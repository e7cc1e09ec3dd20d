// One libxgboost, loaded from a runtime's own environment, so that a model meets the very version that made it: 0.72 to 3.x. Shared by the
// matrices and boosters made with it. Thread rule: any thread. Invariant: its functions are those of one version.
#pragma once

#include <compare>
#include <memory>
#include <string>

#include "base/outcome.hpp"
#include "io/shared_library.hpp"
#include "xgboost/functions.hpp"

namespace clary::xgboost {

struct LibraryVersion {
  int major = 0, minor = 0, patch = 0;
  auto operator<=>(const LibraryVersion&) const = default;
  std::string text() const;
};

// libxgboost.so of an environment's folder; not_found where it has none.
Outcome<std::string> library_in(const std::string& environment_folder);

class Library {
 public:
  static Outcome<std::shared_ptr<const Library>> load(const std::string& path);

  // What the library says; one that is too old to say it is asked for by the VERSION file of its package.
  const LibraryVersion& version() const { return version_; }
  const Functions& call() const { return functions_; }
  // What its last call on this thread complained of, as a validation error without source lines and stack traces.
  Error last_error() const;
  // The library's own messages, in place of standard error. `sink` is called on any thread. No effect on what is too old for it.
  Outcome<void> send_log_to(void (*sink)(const char* message)) const;

 private:
  Library() = default;
  Outcome<void> find_functions(const io::SharedLibrary& library);

  Functions functions_{};
  LibraryVersion version_;
};

// The library's complaint as a user can read it: the check that failed and its text.
std::string plain_message(const std::string& complaint);

}  // namespace clary::xgboost
