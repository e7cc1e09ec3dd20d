// The command line of a container: what `podman run` is told so that a worker in it is as isolated as one in our
// sandbox. Thread rule: pure functions. Invariant: none of the worker's environment and nothing of its command is on it
// (they go to clary-init, past podman), and no path of the server's data but the worker's own folder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "workers/launcher.hpp"

namespace clary::workers {

// How containers can be started on this host.
struct StartWay {
  bool limits = true;           // cgroups take limits of memory, CPUs and processes
  bool cgroups = true;          // false: --cgroups=disabled
  bool private_mounts = false;  // without the cgroup v2 hierarchy in sight, which crun refuses beside version 1
  bool operator==(const StartWay&) const = default;
};
// All ways, the best first.
std::vector<StartWay> start_ways();
std::string describe(const StartWay& way);

struct ContainerPlan {
  std::string name;
  std::string image;   // or
  std::string rootfs;  // a folder instead of an image
  std::string init;    // clary-init on the host
  std::string hostname;
  std::string pid_file;       // where podman writes the pid of the first process
  std::string socket_folder;  // the server's; empty: no forwarder
  std::vector<Mount> mounts;
  std::vector<std::string> devices;  // as --device has them
  bool hide_gpus = false;     // those that a hook of the host's would give to every container that its image asks for
  bool give_to_user = false;  // the writable folders, to the image's own user
  std::uint64_t shared_memory = 0;
  Limits limits;
  std::uint64_t open_files = 65536;  // at most what this process may have itself
  bool detach = true;
};

// The arguments of podman. validation: a path that podman's options cannot carry.
Outcome<std::vector<std::string>> run_arguments(const ContainerPlan& plan, const StartWay& way);

// podman's command line in the shell that the way needs, if any.
std::vector<std::string> with_way(const StartWay& way, bool root, const std::string& podman,
                                  const std::vector<std::string>& arguments);

}  // namespace clary::workers
