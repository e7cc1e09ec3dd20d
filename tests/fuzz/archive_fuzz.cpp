// fuzz: io
// Whatever the bytes are, unpacking ends, keeps to its limits, and leaves nothing outside its folder.
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "io/archive.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string base = [] {
    char made[] = "/tmp/archive-fuzz-XXXXXX";
    if (::mkdtemp(made) == nullptr) std::abort();
    return std::string(made);
  }();
  const std::string folder = base + "/in";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);

  std::size_t at = 0;
  auto source = [&](char* to, std::size_t room) -> clary::Outcome<std::size_t> {
    std::size_t count = std::min(room, size - at);
    std::memcpy(to, data + at, count);
    at += count;
    return count;
  };
  clary::io::UnpackOptions options;
  options.limits.bytes = 1 << 20;
  options.limits.entries = 200;
  auto unpacked = clary::io::unpack(source, folder, options);
  if (unpacked && unpacked->bytes > options.limits.bytes) std::abort();

  for (const auto& entry : std::filesystem::directory_iterator(base)) {
    if (entry.path() != folder) std::abort();
  }
  const auto inside = std::filesystem::canonical(folder);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    std::error_code dangling;
    auto real = std::filesystem::weakly_canonical(entry.path(), dangling);
    if (!dangling && real.native().rfind(inside.native(), 0) != 0) std::abort();
  }
  return 0;
}
