#include "workers/gpu_use.hpp"

#include <dlfcn.h>
#include <utility>

namespace clary::workers {

// The functions as nvml.h declares them; 0 is success.
struct GpuMeter::Library {
  struct Rates {
    unsigned gpu = 0, memory = 0;
  };
  struct Memory {
    unsigned long long total = 0, free = 0, used = 0;
  };
  void* handle = nullptr;
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  int (*count)(unsigned*) = nullptr;
  int (*by_index)(unsigned, void**) = nullptr;
  int (*minor)(void*, unsigned*) = nullptr;
  int (*rates)(void*, Rates*) = nullptr;
  int (*memory)(void*, Memory*) = nullptr;

  template <typename Function>
  bool find(const char* name, Function& function) const {
    function = reinterpret_cast<Function>(dlsym(handle, name));
    return function != nullptr;
  }
  bool find_all() {
    return find("nvmlInit_v2", init) && find("nvmlShutdown", shutdown) && find("nvmlDeviceGetCount_v2", count) &&
           find("nvmlDeviceGetHandleByIndex_v2", by_index) && find("nvmlDeviceGetMinorNumber", minor) &&
           find("nvmlDeviceGetUtilizationRates", rates) && find("nvmlDeviceGetMemoryInfo", memory);
  }
};

void GpuMeter::load() {
  tried_ = true;
  void* handle = dlopen(library_.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) return;
  Library found;
  found.handle = handle;
  if (found.find_all() && found.init() == 0) {
    loaded_ = new Library(found);
  } else {
    dlclose(handle);
  }
}

GpuMeter::~GpuMeter() {
  if (!loaded_) return;
  loaded_->shutdown();
  dlclose(loaded_->handle);
  delete loaded_;
}

std::map<int, GpuUse> GpuMeter::look() {
  if (!tried_) load();
  std::map<int, GpuUse> all;
  unsigned count = 0;
  if (!loaded_ || loaded_->count(&count) != 0) return all;
  for (unsigned index = 0; index < count; ++index) {
    void* device = nullptr;
    unsigned number = 0;
    Library::Rates rates;
    Library::Memory memory;
    if (loaded_->by_index(index, &device) != 0 || loaded_->minor(device, &number) != 0) continue;
    if (loaded_->rates(device, &rates) != 0 || loaded_->memory(device, &memory) != 0) continue;
    all[static_cast<int>(number)] = {static_cast<double>(rates.gpu), memory.used};
  }
  return all;
}

GpuUse together(const std::map<int, GpuUse>& all, const std::vector<int>& numbers) {
  GpuUse sum;
  std::size_t count = 0;
  for (int number : numbers) {
    const auto found = all.find(number);
    if (found == all.end()) continue;
    sum.percent += found->second.percent;
    sum.memory += found->second.memory;
    ++count;
  }
  if (count > 0) sum.percent /= static_cast<double>(count);
  return sum;
}

}  // namespace clary::workers
