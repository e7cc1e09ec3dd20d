// fuzz: jobs
// Whatever a line of an augmented manifest says, the objects that it names go below the channel's folder, and what is kept
// of it is one line.
#include <cstdlib>
#include <string_view>

#include "io/archive.hpp"
#include "jobs/manifest.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto lines = clary::jobs::manifest_lines({reinterpret_cast<const char*>(data), size});
  if (!lines) return 0;
  for (const auto line : *lines) {
    auto parsed = clary::jobs::parse_augmented_line(line, {"source-ref", "label"});
    if (!parsed) continue;
    if (parsed->text.find('\n') != std::string::npos) std::abort();
    if (parsed->objects.size() != 1 || parsed->objects.front().bucket.empty()) std::abort();
    auto parts = clary::io::safe_parts(parsed->objects.front().key);
    if (!parts || parts->empty()) std::abort();
  }
  return 0;
}
