// Makes one environment: uv, in a sandbox that sees the registries and the interpreter, and neither the data folder nor
// any key. Owned by the environments. Thread rule: make() by one thread; stop() from another. Invariant: when make()
// returns, nothing of it runs any more.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/outcome.hpp"
#include "runtimes/environment_folder.hpp"
#include "runtimes/environments.hpp"
#include "runtimes/interpreters.hpp"
#include "workers/launcher.hpp"

namespace clary::runtimes {

// What one line of uv's output says, in our words; empty: nothing for the user. Counts the packages as they come.
class UvProgress {
 public:
  std::string news(const std::string& line);

 private:
  int packages_ = 0, loaded_ = 0;
};

// Where environments are made in a sandbox, and in it what uv has unpacked; on the host.
std::string making_folder(const EnvironmentOptions& options);
std::string packages_folder(const EnvironmentOptions& options);
// Where an environment of that hash is seen inside.
std::string folder_inside(const std::string& hash);
// The mounts that a worker needs to use the environment.
std::vector<workers::Mount> mounts_of(const EnvironmentFolder& folder, const std::string& hash,
                                      const Interpreter& interpreter);

class Making {
 public:
  // `uv` is its path on the host.
  Making(const EnvironmentOptions& options, std::string uv, workers::Launcher& launcher)
      : options_(options), uv_(std::move(uv)), launcher_(launcher) {}
  Outcome<void> make(const Version& version, const std::string& hash, const EnvironmentFolder& folder,
                     const Interpreter& interpreter, const std::function<void(const std::string&)>& progress);
  // Ends what runs; make() returns with an error soon.
  void stop();

 private:
  // How it is made (docs/adr/0028-environments-share-their-packages.md).
  enum class Way {
    linked_in_a_sandbox,  // where the packages are, by links to their files
    linked,               // in its place, by links to their files
    copied                // in its place, without the packages of others: code of packages runs
  };
  workers::WorkerSpec spec_for(const std::string& hash, const EnvironmentFolder& folder, const Interpreter& interpreter,
                               const std::string& lock, Way way) const;
  Outcome<void> run(workers::WorkerSpec spec, std::vector<std::string> arguments,
                    const std::function<void(const std::string&)>& progress);

  const EnvironmentOptions options_;
  const std::string uv_;
  workers::Launcher& launcher_;
  std::mutex mutex_;
  bool stopped_ = false;
  std::shared_ptr<workers::Worker> worker_;
};

}  // namespace clary::runtimes
