// The launcher `process`: each worker in a bubblewrap sandbox on this host, with clary-init as its first process. Its
// own mount, pid, ipc, uts and network namespaces, no capabilities, and a uid of its own when the server is root (the
// user's own in a user namespace otherwise). Owned by the composition root. Thread rule: any thread; callbacks run on
// the launcher's own thread. Invariant: everything about a worker stands in its folder, so that the next server finds
// it: see worker_folder.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "workers/launcher.hpp"

namespace clary::workers {

struct LauncherOptions {
  std::string folder;  // <data>/workers; made when it is not there
  // The server's Unix socket (mode 0666). Its folder is bound into every worker, so that a new server's new socket is
  // seen: keep nothing else in it, and close it to other users from above. Empty: no forwarder.
  std::string socket;
  std::uint16_t port = 9080;    // where the forwarder listens inside
  bool sandbox = true;          // false (`--sandbox=off`): no isolation at all, see unconfined.hpp for what is lost
  std::string bwrap = "bwrap";  // a name is looked up on PATH
  std::string init;             // clary-init; empty: beside the running program
  unsigned first_uid = 200000, uids = 65536;  // root gives each worker one of these
  // Bytes of output on the disk (what a follower consumed is freed); beyond: out_of_disk.
  std::uint64_t output_limit = 4ULL << 30;
  // The cgroup to make the workers' in (see cgroups.hpp); not given: the server's own, where it can be.
  std::optional<std::string> cgroup;
  std::string devices = "/dev";  // where GPUs are looked for
};

// Fails where sandbox_check() finds a lack, with its sentences.
Outcome<std::unique_ptr<Launcher>> open_process_launcher(const LauncherOptions& options);

struct Lack {
  std::string what;  // "bubblewrap is not installed"
  std::string mend;  // "apt-get install bubblewrap"
};
// What this host lacks for the sandbox, found by making one. Empty: nothing. Takes about 20 ms.
std::vector<Lack> sandbox_check(const LauncherOptions& options);
// What this host lacks for jobs with several hosts (the server runs without); where sandbox_check() found nothing.
std::vector<Lack> network_check(const LauncherOptions& options);

}  // namespace clary::workers
