// The lines of a text, without their ends (LF or CRLF) and without the byte order mark. A view; thread rule: one thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace clary {

class TextLines {
 public:
  explicit TextLines(std::string_view text) : rest_(text) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
  }

  bool next() {
    if (rest_.empty()) {
      line_ = {};
      return false;
    }
    const std::size_t end = rest_.find('\n');
    line_ = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (line_.ends_with('\r')) line_.remove_suffix(1);
    ++number_;
    return true;
  }

  std::string_view line() const { return line_; }
  std::size_t number() const { return number_; }  // from 1

 private:
  std::string_view rest_, line_;
  std::size_t number_ = 0;
};

}  // namespace clary
