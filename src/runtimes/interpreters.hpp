// Finds the Python of a minor version on this host, or gets one by uv or, where that reaches nothing, by Maven. Owned by
// the environments. Thread rule: one thread at a time. Invariant: what it returns has every module that packages take
// for granted (ssl, ctypes, zlib, bz2, lzma, sqlite3), which interpreters built without the headers of those lack; but
// lzma and sqlite3 where Maven's is all that can be had.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/outcome.hpp"

namespace clary::runtimes {

struct Interpreter {
  std::string executable;  // /usr/bin/python3.11
  std::string home;        // the folder to bind into a sandbox, at the same path; empty: it stands under /usr
  std::string version;     // "3.11.2"
};

// The interpreter at that path, or the one of that virtual environment: its own version, and the home of what it was
// made from. Nothing when it does not run.
std::optional<Interpreter> interpreter_of(const std::string& path);

class Interpreters {
 public:
  // Where what the host does not have is put, and from where (empty: not from there).
  struct Sources {
    std::string folder;
    std::string uv;                       // the program's path
    std::string maven = "mvn";            // as MavenPython::maven
    std::string missing_modules;          // as MavenPython::missing_modules
    std::function<bool()> given_up = {};  // asked while one is fetched
  };
  // `found` in place of the host's own (tests).
  explicit Interpreters(Sources sources, std::optional<std::vector<std::string>> found = {})
      : sources_(std::move(sources)), host_(std::move(found)) {}
  // unavailable: the host has none, and none could be installed; the message says what would help.
  Outcome<Interpreter> find(const std::string& minor);

 private:
  std::vector<std::string> candidates(const std::string& minor) const;
  std::optional<Interpreter> look(const std::string& minor) const;
  Outcome<void> install(const std::string& minor) const;

  const Sources sources_;
  const std::optional<std::vector<std::string>> host_;
  std::map<std::string, Interpreter> found_;
};

}  // namespace clary::runtimes
