// Environments that know container images too: what no runtime matches, and podman has or can pull, is prepared the
// same way, with the same news. Owned by the composition root, in front of those that make environments. Thread rule:
// as Environments. Invariant: an image that cannot be had fails with podman's words and with what would have matched.
#pragma once

#include <memory>

#include "runtimes/environments.hpp"
#include "workers/container_images.hpp"

namespace clary::runtimes {

// `images` outlives it.
std::unique_ptr<Environments> with_containers(std::unique_ptr<Environments> inner, workers::Images& images);

}  // namespace clary::runtimes
