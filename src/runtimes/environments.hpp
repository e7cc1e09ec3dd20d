// The environments that runtimes run in: a Python and its locked packages, made once by uv in a sandbox (registries
// reachable, no data folder, no keys), cached by the hash of what makes it, read-only ever after. Owned by the
// composition root. Thread rule: any thread; one environment is made at a time, callbacks run on the making thread.
// Invariant: an environment that `ready` points to is complete: the file that says so was written last, after all the
// rest was on the disk.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "runtimes/catalogue.hpp"
#include "workers/container_images.hpp"
#include "workers/launcher.hpp"

namespace clary::runtimes {

struct Environment {
  Version version;
  std::string folder;  // the environment inside a worker: /opt/clary/env/<hash>, wherever the cache stands
  std::string python;  // its interpreter, inside: <folder>/bin/python
  // What a worker must bind to use it (the environment, the interpreter's home), all read-only.
  std::vector<workers::Mount> mounts;
  // Of a container image: it is all there is, and the members above but `version` are empty.
  std::optional<workers::ContainerImage> container = {};
  std::shared_ptr<const void> lease = {};  // while anyone holds it, the environment is not pruned
};

struct Pruned {
  std::vector<std::string> removed;  // "sklearn:1.2-1", or the hash of one that nobody knows any more
  std::uint64_t bytes = 0;           // of the disk, freed
};

struct Progress {
  enum class Stage { absent, queued, making, ready, failed } stage = Stage::absent;
  std::string message;  // "downloading scikit-learn (3 of 7 packages)", or why it failed
};

class Environments {
 public:
  virtual ~Environments() = default;
  // Calls `done` when the environment is there (at once when it is) or could not be made; `progress` meanwhile, with
  // each line of news. What failed is tried again by the next call.
  virtual void ensure(const Version& version, std::function<void(const std::string& line)> progress,
                      std::function<void(Outcome<Environment>)> done) = 0;
  virtual Progress progress(const Version& version) const = 0;
  // Removes the package cache and the environments that none of the known versions is made of; with `all` also those of
  // known versions, which are made again when they are asked for. What is in use or being made stays.
  virtual Outcome<Pruned> prune(const std::vector<Version>& known, bool all) = 0;
};

struct EnvironmentOptions {
  std::string cache;  // <cache>: environments/, interpreters/, packages/ (uv's own cache); made when it is not there
  std::string uv = "uv";  // a path, or a name looked up on PATH, beside the program, in `tools` and in ~/.local/bin
  std::string tools;      // a folder that may hold uv
  std::string missing_modules;  // as MavenPython::missing_modules
  std::string runtime_folder;   // bound into every environment's workers at /opt/clary/runtime; empty: not
  bool sandbox = true;          // as the launcher's: paths are part of an environment
  unsigned maker_uid = 199999;  // under root, who makes environments: one uid, so that all makes share uv's cache
  std::size_t most_waiting = 64;
  std::chrono::minutes deadline{45};  // for one environment
};

// Clears up what an earlier server left half-made. The launcher outlives it. Its destructor ends a making that runs.
Outcome<std::unique_ptr<Environments>> open_environments(const EnvironmentOptions& options,
                                                         workers::Launcher& launcher);

}  // namespace clary::runtimes
