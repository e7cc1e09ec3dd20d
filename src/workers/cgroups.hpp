// Limits that the kernel itself holds, where the host has cgroup v2 and gives the server a part of it: a cgroup a
// worker, below the server's own. Elsewhere the sampler holds them (sampler.hpp). Owned by the launcher; what stands in a
// worker's record is the path of its cgroup, so the next server finds it. Thread rule: any thread; functions of the file
// system alone. Invariant: only the server itself is ever moved, and only where it is alone in its cgroup and that has a
// memory controller.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>

#include "base/outcome.hpp"
#include "workers/launcher.hpp"

namespace clary::workers {

// The folder of our own cgroup in the cgroup v2 file system; empty where none is mounted.
std::string own_cgroup();
// Makes `own` ready to have workers' cgroups below it, and returns where they go: there, or, when the server has a leaf of
// its own already (named as `server_leaf`), beside that. Why not, otherwise.
extern const char* const server_leaf;
Outcome<std::string> open_cgroups(const std::string& own, pid_t server);

// `worker` names it beyond this data folder: several servers may have the same parent.
std::string cgroup_in(const std::string& parent, const std::string& worker);
// Makes the worker's cgroup below `parent`, with its limits. What a killed server left under that name is ended first.
Outcome<std::string> make_cgroup(const std::string& parent, const std::string& worker, const Limits& limits);
Outcome<void> enter_cgroup(const std::string& cgroup, pid_t process);
// Empty ones go away at once; what still runs in it is killed first. Waits up to two seconds; false: it still runs.
bool remove_cgroup(const std::string& cgroup);

struct CgroupUse {
  double cpu_seconds = 0;
  std::uint64_t memory = 0;  // what cannot be dropped: anonymous, shared, the kernel's; not the page cache
};
std::optional<CgroupUse> use_of_cgroup(const std::string& cgroup);
// Whether the kernel killed in it for want of memory.
bool ran_out_of_memory(const std::string& cgroup);

}  // namespace clary::workers
