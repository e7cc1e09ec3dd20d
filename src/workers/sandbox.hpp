// The bubblewrap command line of a worker: what it sees of the host, and that it sees nothing else.
// Thread rule: pure functions, but for look_at_host(). Invariant: no path of the server's data is named but the
// worker's own folder, and none of the worker's environment (it goes to clary-init, past bubblewrap, which root would
// otherwise run with a job's LD_PRELOAD).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "workers/launcher.hpp"

namespace clary::workers {

// The parts of the host that every sandbox shows, read-only.
struct HostLayout {
  std::vector<std::string> folders;                        // /usr, and /lib64 where it is a real folder
  std::vector<std::pair<std::string, std::string>> links;  // {"/bin", "usr/bin"}
  std::vector<std::string> etc;  // files and folders of /etc that programs need and that hold no secret
};
HostLayout look_at_host();

struct SandboxPlan {
  std::string bwrap, init;  // on the host
  bool root = false;        // the server is root: drop to a uid of the worker's own; else a user namespace
  std::string hostname;
  std::string socket_folder;  // empty: no forwarder
  bool host_network = false;
  std::uint64_t shared_memory = 0;   // bytes of /dev/shm
  std::vector<Mount> files;          // made for this worker: /etc/passwd, /etc/hosts, ...
  std::vector<Mount> mounts;         // the worker's folders and what its spec asks for, outer ones first
  std::vector<std::string> devices;  // nodes of the host's /dev, beside the usual harmless ones
  int info_descriptor = 0;
};

// clary-init on the host: the path that was given, else beside the running program.
std::string init_on_host(const std::string& given);
// The path of clary-init inside.
extern const char* const init_inside;
// The folder of the server's socket inside.
extern const char* const socket_folder_inside;

std::vector<std::string> sandbox_command(const HostLayout& host, const SandboxPlan& plan);

}  // namespace clary::workers
