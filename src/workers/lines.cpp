#include "workers/lines.hpp"

#include <algorithm>

#include "base/bytes.hpp"

namespace clary::workers {
namespace {

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// At most `most` bytes of the text, not ending inside a character (where it has characters at all).
std::size_t whole_characters(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text.size();
  std::size_t end = most;
  while (end > most - 4 && continues(text[end])) --end;
  return continues(text[end]) ? most : end;
}

void add(std::vector<std::string>& lines, std::string_view raw) {
  if (is_valid_utf8(raw)) {
    lines.emplace_back(raw);
    return;
  }
  // A broken byte becomes three: what was short enough may be too long now.
  const std::string text = to_valid_utf8(raw);
  std::string_view left = text;
  do {
    const std::size_t size = whole_characters(left, longest_line);
    lines.emplace_back(left.substr(0, size));
    left.remove_prefix(size);
  } while (!left.empty());
}

}  // namespace

CutLines cut_lines(std::string_view raw, bool last) {
  CutLines cut;
  while (cut.consumed < raw.size()) {
    const std::string_view left = raw.substr(cut.consumed);
    const std::size_t end = left.substr(0, longest_line + 1).find_first_of("\r\n");
    if (end == std::string_view::npos) {
      if (left.size() <= longest_line && !last) break;
      const std::size_t size = whole_characters(left, longest_line);
      add(cut.lines, left.substr(0, size));
      cut.consumed += size;
      continue;
    }
    // Whether a '\n' belongs to this '\r' is not known until the next byte is there.
    if (left[end] == '\r' && end + 1 == left.size() && !last) break;
    const bool pair = left[end] == '\r' && end + 1 < left.size() && left[end + 1] == '\n';
    if (end > 0 || left[end] == '\n' || pair) add(cut.lines, left.substr(0, end));
    cut.consumed += end + (pair ? 2 : 1);
  }
  return cut;
}

}  // namespace clary::workers
