// One environment's folder in the cache: environments/<hash>/{environment.json, tree/}; while it is made there may be
// making/<hash> beside uv's packages (docs/adr/0028-environments-share-their-packages.md). Owned by the environments.
// Thread rule: any thread, one folder by one thread at a time. Invariant: environment.json is written last, so where it
// is, `tree` is whole.
#pragma once

#include <optional>
#include <string>

#include "base/outcome.hpp"
#include "io/file.hpp"
#include "runtimes/interpreters.hpp"

namespace clary::runtimes {

// Names what makes an environment: the lock's text, the Python minor, where it is seen inside.
Outcome<std::string> environment_hash(const std::string& lock_path, const std::string& python, bool sandbox);

class EnvironmentFolder {
 public:
  explicit EnvironmentFolder(std::string path) : path_(std::move(path)) {}
  const std::string& path() const { return path_; }
  std::string tree() const { return path_ + "/tree"; }
  // Where the tree may be made: on one mount with the packages, whose files are linked into it.
  std::string being_made() const;
  // That becomes the tree.
  Outcome<void> take_in() const;
  // What it was made with, if it is complete and that still stands.
  std::optional<Interpreter> complete() const;
  // Held by whoever makes or removes it, of all servers that share the cache; nothing while another has it.
  std::optional<io::File> try_lock() const;
  // An empty tree, whatever was there.
  Outcome<void> begin() const;
  // Makes the files read-only and readable for everyone, waits until all is on the disk, and says that it is complete.
  // Files stay the maker's: others may not link what is not theirs (fs.protected_hardlinks).
  // Folders stay writable for the owner, so that the cache can be deleted, but where no sandbox keeps workers off.
  Outcome<void> finish(const Interpreter& interpreter, const std::string& id, bool sandbox) const;
  // No longer complete; whether it was.
  bool withdraw() const;
  Outcome<void> remove() const;

 private:
  std::string path_;
};

}  // namespace clary::runtimes
