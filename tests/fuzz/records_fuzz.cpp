// fuzz: transform
// Input files of transform jobs: no crash, no record over its bound, the same records however the bytes come, and nothing lost of lines.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "transform/records.hpp"

namespace {

using namespace clary::transform;
constexpr std::size_t longest = 200;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Read {
  std::vector<std::string> raw, data;
  bool failed = false;
};

Read read_all(Split split, std::string_view text, std::size_t piece) {
  RecordReader reader(split, [&](char* to, std::size_t room) -> clary::Outcome<std::size_t> {
    const std::size_t count = text.copy(to, std::min(piece, room));
    text.remove_prefix(count);
    return count;
  }, longest);
  Read read;
  while (true) {
    auto record = reader.next();
    read.failed = !record;
    if (!record || !*record) return read;
    require((*record)->raw.size() <= longest && (*record)->data.size() <= longest);
    read.raw.emplace_back((*record)->raw);
    read.data.emplace_back((*record)->data);
    require(reader.number() >= read.raw.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Split split = std::vector{Split::line, Split::recordio, Split::tfrecord, Split::none}[data[0] % 4];
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Read whole = read_all(split, text, text.size() + 1), cut = read_all(split, text, 1 + data[1] % 32);
  require(whole.raw == cut.raw && whole.data == cut.data && whole.failed == cut.failed);
  std::string joined;
  for (const auto& raw : whole.raw) joined += raw;
  if (split == Split::line || whole.failed) {
    require(joined.size() <= text.size());
  } else {
    require(joined == text);
  }
  return 0;
}
