// What the host's GPUs are doing, asked of NVIDIA's management library, which comes with the driver and is loaded when
// first needed: a host without it has no figures. Owned by the sampler. Thread rule: one thread. Invariant: a GPU that
// does not answer is left out.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace clary::workers {

struct GpuUse {
  double percent = 0;        // of the time that it was computing
  std::uint64_t memory = 0;  // bytes, of all processes
};

class GpuMeter {
 public:
  // A name or a path of the library; another one in tests.
  explicit GpuMeter(std::string library = "libnvidia-ml.so.1") : library_(std::move(library)) {}
  ~GpuMeter();
  GpuMeter(const GpuMeter&) = delete;
  GpuMeter& operator=(const GpuMeter&) = delete;
  // By the number of /dev/nvidia<number>.
  std::map<int, GpuUse> look();

 private:
  struct Library;
  void load();
  const std::string library_;
  bool tried_ = false;
  Library* loaded_ = nullptr;
};

// Of some of them: the mean of the percentages, the sum of memory.
GpuUse together(const std::map<int, GpuUse>& all, const std::vector<int>& numbers);

}  // namespace clary::workers
