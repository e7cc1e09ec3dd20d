// Cuts raw output into lines. Thread rule: pure functions. Invariant: what it does not consume is less than one piece
// (256 KiB) long.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace clary::workers {

inline constexpr std::size_t longest_line = 256 * 1024;

struct CutLines {
  std::vector<std::string> lines;  // valid UTF-8
  std::size_t consumed = 0;        // bytes of `raw`
};
// `last`: nothing follows, so a line without an end is a line too.
CutLines cut_lines(std::string_view raw, bool last);

}  // namespace clary::workers
