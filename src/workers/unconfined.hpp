// Workers without a sandbox (`--sandbox=off`), for hosts that have no namespaces to give. What is lost, all of it:
// - a worker runs as the server's own user (root, if that is who started it) and can do all that this user can: read
//   the data folder and its keys, see and kill every process, use every port and the whole network; its mounts are not
//   read-only;
// - two workers that listen on one port collide; the hostname of its spec does not resolve; there is no forwarder, so
//   the port of its environment must be the server's own;
// - there is no private /opt/ml: it stands in the worker's folder, and its path is put into the arguments and variables
//   instead of /opt/ml (of every mount's target too). A program that has /opt/ml written into its code does not find
//   it.
// Limits of memory, disk and processes are sampled as ever; the tree is killed by its first process, not by the kernel.
// Thread rule: pure but for link_mounts(). Invariant: a path is replaced as a whole, never a part of a longer name.
#pragma once

#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "workers/launcher.hpp"

namespace clary::workers {

// The text with each mount's target replaced by its source, wherever it stands as a path or the beginning of one.
std::string with_host_paths(const std::string& text, const std::vector<Mount>& mounts);
// The spec as it runs on the bare host: `mounts` are the worker's own folders and the spec's.
WorkerSpec on_bare_host(WorkerSpec spec, const std::vector<Mount>& mounts);
// Makes each mount below /opt/ml appear in `ml_folder` as a link to its source.
Outcome<void> link_mounts(const std::string& ml_folder, const std::vector<Mount>& mounts);

}  // namespace clary::workers
