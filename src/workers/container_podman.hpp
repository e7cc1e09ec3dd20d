// The host's podman: found, asked once how containers can be started here, and called. Owned by the composition root;
// launcher and images share it. Thread rule: any thread. Invariant: nothing is run before it is needed, and what was
// found out is found out once; a failure is tried again by the next who asks.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/outcome.hpp"
#include "io/process.hpp"
#include "workers/container_command.hpp"
#include "workers/container_gpus.hpp"
#include "workers/process_launcher.hpp"

namespace clary::workers {

struct ContainerOptions {
  std::string podman = "podman";  // a name is looked up on PATH; empty: no containers
  std::string folder;             // <data>/containers: there once containers were used
  std::string init;               // clary-init; empty: beside the running program
  std::string workers = {};       // <data>/workers: whose containers its trials are cleared up with
  std::vector<std::string> cdi = cdi_folders;
};

class Podman {
 public:
  explicit Podman(ContainerOptions options);

  // Why there can be no containers at all, in a sentence that says what would mend it; empty: podman is there (it may
  // still fail to start one). Quick.
  std::string absence() const;
  // How containers start here, tried with a container that holds nothing but clary-init. unavailable: they don't.
  Outcome<StartWay> start_way();

  // Runs `podman <arguments>` to its end.
  Outcome<io::Finished> run(const std::vector<std::string>& arguments, std::chrono::milliseconds deadline) const;
  // The same, telling each line of its output; killed (timed_out) at the deadline or when stop is asked for.
  Outcome<io::Finished> run(const std::vector<std::string>& arguments, std::chrono::milliseconds deadline,
                            const std::stop_token& stop, const std::function<void(std::string_view)>& line) const;
  // The command line of `podman run` with these arguments, the way that it works here.
  std::vector<std::string> start_command(const StartWay& way, const std::vector<std::string>& arguments) const;
  // What podman gets to see of our environment.
  static std::vector<std::string> environment();

  const ContainerOptions& options() const { return options_; }

 private:
  Outcome<std::string> program() const;
  std::string name_of_trial() const;
  Outcome<void> make_check_root(const std::string& root) const;
  std::string try_way(const StartWay& way, const std::string& root) const;

  const ContainerOptions options_;
  std::mutex mutex_;
  std::optional<StartWay> way_;
};

// The most open files that we may grant: podman asks for more than an unprivileged host gives.
std::uint64_t most_open_files();
// What podman said went wrong, in one line: its last error, without time stamps and levels.
std::string podman_error(std::string_view output);
// What this host lacks for containers, found by starting one, in a folder of its own. Empty: nothing.
std::vector<Lack> container_check(ContainerOptions options);

}  // namespace clary::workers
