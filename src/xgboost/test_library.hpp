// A real libxgboost for tests: the one that CLARY_TEST_LIBXGBOOST names (./dev test sets it), else that of the clients' environment for SDK 3.
// Thread rule: any thread. Invariant: without one the tests fail, they don't pass unseen.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "xgboost/library.hpp"

namespace clary::xgboost {

inline std::string test_library_path() {
  if (const char* named = std::getenv("CLARY_TEST_LIBXGBOOST")) return named;
  const char* home = std::getenv("HOME");
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(home ? home : "") + "/.cache/clary/venvs", error))
    if (entry.path().filename().string().starts_with("sdk3-"))
      if (auto path = library_in(entry.path())) return *path;
  throw std::runtime_error("no libxgboost to test with: run ./dev test unit, or name one in CLARY_TEST_LIBXGBOOST");
}

inline std::shared_ptr<const Library> test_library() {
  static const auto library = Library::load(test_library_path());
  if (!library) throw std::runtime_error(library.error().message + library.error().detail);
  return *library;
}

}  // namespace clary::xgboost
