// fuzz: workers
// Any bytes as a CDI specification: what is named is a device of NVIDIA's kind, on one line.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "workers/container_gpus.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  for (int gpu : {0, 1, 10}) {
    const std::string name = clary::workers::cdi_name(text, gpu);
    if (!name.empty() && (!name.starts_with("nvidia.com/gpu=") || name.find('\n') != std::string::npos)) std::abort();
  }
  return 0;
}
