// fuzz: io
// A gzip stream of any make: no crash, an end, and the same bytes however it comes.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "io/gunzip.hpp"

namespace {

constexpr std::size_t most = 1 << 20;

std::optional<std::string> unpack(std::string_view text, std::size_t piece, std::size_t room) {
  clary::io::GunzipStream stream([&](char* to, std::size_t size) -> clary::Outcome<std::size_t> {
    const std::size_t count = text.copy(to, std::min(piece, size));
    text.remove_prefix(count);
    return count;
  });
  std::string out, buffer(room, '\0');
  while (out.size() < most) {
    auto got = stream.read(buffer.data(), buffer.size());
    if (!got) return std::nullopt;
    if (*got == 0) return out;
    out.append(buffer, 0, *got);
  }
  out.resize(most);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = unpack(text, text.size(), 65536), cut = unpack(text, 1 + data[0] % 16, 4096);
  if (whole && cut && *whole != *cut) std::abort();
  return 0;
}
