// The console's files, as they were packed into the program at its build: gzip streams, each under its path. Read once at start.
// Thread rule: constant after open(). Invariant: the bytes are the program's own, so views of them outlive everything.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/outcome.hpp"

namespace clary::server {

struct ConsoleFile {
  std::string_view gzip;
  std::string content_type;
  std::string etag;        // in its quotes
  bool immutable = false;  // its name changes with its content
};

class ConsoleFiles {
 public:
  // `pack`: the length of the index in decimal, a line's end, the index (JSON), the streams one after the other. Empty: built without the console.
  static Outcome<ConsoleFiles> open(std::string_view pack);
  bool empty() const { return files_.empty(); }
  const ConsoleFile* find(std::string_view path) const;

 private:
  std::map<std::string, ConsoleFile, std::less<>> files_;
};

// What this program was built with.
std::string_view embedded_console();

}  // namespace clary::server
