// How podman is asked for GPUs: by the names that the host's CDI specification (Container Device Interface, as
// `nvidia-ctk cdi generate` writes it) gives them, which bring the driver's libraries along, else by their device nodes.
// Thread rule: any thread; reads files. Invariant: no name stands for a GPU beside those asked for, or for a part of one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "workers/process_launcher.hpp"

namespace clary::workers {

// Where podman looks for specifications.
inline const std::vector<std::string> cdi_folders{"/etc/cdi", "/var/run/cdi"};

// The name ("nvidia.com/gpu=0") of what gives a container this GPU of /dev alone, in a specification's text. Empty: none.
std::string cdi_name(std::string_view specification, int gpu);

// The values of podman's --device for a worker that was lent these GPUs; none for none.
std::vector<std::string> gpu_devices(const GpuLoan& loan, const std::vector<std::string>& folders = cdi_folders);

// What this host lacks for containers that use its GPUs. Empty: nothing, or it has no GPU.
std::vector<Lack> container_gpu_check(const std::string& devices = "/dev",
                                      const std::vector<std::string>& folders = cdi_folders);

}  // namespace clary::workers
