// The launcher `container`: a worker whose spec names an image runs in a container of podman's, any other in the
// launcher that it is put in front of. The container's first process is clary-init, bound in, which is told over its
// control socket as in a sandbox: so record, output, exit, limits, signals and the ways in and out (the server's socket,
// the replica's) are the same for both, and the inner launcher watches both. podman only starts a container and clears
// up after it. Owned by the composition root. Thread rule: any thread. Invariant: no container of this data folder is
// left whose worker's folder is gone, once a server has started.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/outcome.hpp"
#include "workers/container_podman.hpp"
#include "workers/launcher.hpp"

namespace clary::workers {

struct ContainerPlace {
  std::string folder;  // the inner launcher's: <data>/workers
  std::string socket;  // the server's Unix socket; empty: no forwarder
  std::uint16_t port = 9080;
  // Until a container is ready: podman copies an image's files where its storage cannot layer them.
  std::chrono::seconds patience{120};
};

// `podman` outlives it.
std::unique_ptr<Launcher> open_container_launcher(std::unique_ptr<Launcher> inner, Podman& podman,
                                                  const ContainerPlace& place);

// What the containers of the workers in that folder are called before the worker's id: "clary-1f2e3d4c-".
std::string container_prefix(const std::string& workers_folder);

}  // namespace clary::workers
