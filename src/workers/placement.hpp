// Which of the host's CPUs and GPUs a worker gets: those that the fewest running workers were given. Owned by the
// launcher, which knows who runs. Thread rule: pure but for looking at the host. Invariant: what is returned is sorted and
// without doubles.
#pragma once

#include <string>
#include <vector>

namespace clary::workers {

struct Gpus {
  std::vector<int> numbers;        // of /dev/nvidia<number>
  std::vector<std::string> nodes;  // beside those: /dev/nvidiactl, /dev/nvidia-uvm, ...
};
// `devices` is "/dev" but in tests.
Gpus look_for_gpus(const std::string& devices = "/dev");

// `in_use`: those of all running workers, one after the other. None when the share is the whole host.
std::vector<int> choose_cpus(double wanted, const std::vector<int>& in_use);
// All that there are when more are wanted.
std::vector<int> choose_gpus(unsigned wanted, const std::vector<int>& there, const std::vector<int>& in_use);

// "0,2": as CUDA_VISIBLE_DEVICES and the kernel's CPU lists have it.
std::string number_list(const std::vector<int>& numbers);

}  // namespace clary::workers
