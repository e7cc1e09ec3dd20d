// fuzz: jobs
// Whatever a manifest says, its names stay below the channel's folder.
#include <cstdlib>
#include <string_view>

#include "io/archive.hpp"
#include "jobs/manifest.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto manifest = clary::jobs::parse_manifest({reinterpret_cast<const char*>(data), size});
  if (!manifest) return 0;
  if (manifest->prefix.bucket.empty()) std::abort();
  for (const auto& name : manifest->names) {
    auto parts = clary::io::safe_parts(name);
    if (!parts || parts->empty()) std::abort();
  }
  return 0;
}
