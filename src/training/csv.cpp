#include <limits>

#include "base/text_lines.hpp"
#include "training/failure.hpp"
#include "training/numbers.hpp"
#include "training/rows.hpp"

namespace clary::training {

namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();

// The cell [begin, end) as a number. False: it is none.
bool read_cell(const char* begin, const char* end, float& value) {
  while (begin != end && (*begin == ' ' || *begin == '\t')) ++begin;
  while (end != begin && (end[-1] == ' ' || end[-1] == '\t')) --end;
  if (begin == end) {
    value = missing;
    return true;
  }
  return read_float({begin, static_cast<std::size_t>(end - begin)}, value);
}

class Reader {
 public:
  Reader(Rows& rows, const Source& source, char delimiter, bool weighted)
      : rows_(rows), source_(source), delimiter_(delimiter), leading_(weighted ? 2 : 1) {}

  Outcome<void> add_all() {
    for (TextLines lines(source_.text); lines.next();) {
      if (lines.line().empty()) continue;
      if (!add_line(lines.line())) return wrong_line(lines.number(), lines.line());
    }
    return {};
  }

 private:
  bool add_line(std::string_view line) {
    std::size_t column = 0;
    const char *begin = line.data(), *const end = begin + line.size();
    const std::size_t before = rows_.values.size();
    while (true) {
      const char* stop = begin;
      while (stop != end && *stop != delimiter_) ++stop;
      float value = 0;
      if (!read_cell(begin, stop, value)) return false;
      if (column >= leading_) {
        rows_.values.push_back(value);
      } else if (value != value) {
        return false;
      } else {
        (column == 0 ? rows_.labels : rows_.weights).push_back(value);
      }
      ++column;
      if (stop == end) break;
      begin = stop + 1;
    }
    const std::size_t features = rows_.values.size() - before;
    if (rows_.columns == 0) rows_.columns = features;
    return features == rows_.columns && features > 0;
  }

  // Why the line was refused, found by looking at it again.
  Error wrong_line(std::size_t number, std::string_view line) const {
    std::size_t cells = 0;
    const char *begin = line.data(), *const end = begin + line.size();
    while (true) {
      const char* stop = begin;
      while (stop != end && *stop != delimiter_) ++stop;
      ++cells;
      float value = 0;
      const std::string_view cell(begin, static_cast<std::size_t>(stop - begin));
      if (!read_cell(begin, stop, value)) {
        return failed(number, fmt::format("'{}' is not a number{}", printable(cell),
                                          number == 1 ? "; the file must not have a header" : ""));
      }
      if (cells <= leading_ && value != value)
        return failed(number, cells == 1 ? "there is no label" : "there is no weight");
      if (stop == end) break;
      begin = stop + 1;
    }
    if (cells <= leading_) return failed(number, "there are no features");
    return failed(number, fmt::format("{} columns, where the first record has {}", cells, rows_.columns + leading_));
  }

  Error failed(std::size_t number, std::string_view why) const {
    return user_error("Failed to load csv data with exception:\n{}, line {}: {}", source_.name, number, why);
  }

  Rows& rows_;
  const Source& source_;
  const char delimiter_;
  const std::size_t leading_;
};

}  // namespace

Outcome<char> csv_delimiter(std::string_view text) {
  TextLines lines(text);
  while (lines.next() && lines.line().empty()) {
  }
  for (const char candidate : {',', '\t', ';', ' ', '|', ':'}) {
    if (lines.line().find(candidate) != std::string_view::npos) return candidate;
  }
  return user_error("Could not determine delimiter on line {}:\nCould not determine delimiter",
                    printable(lines.line().substr(0, 50)));
}

Outcome<void> add_csv(Rows& rows, const Source& source, char delimiter, bool weighted) {
  return Reader(rows, source, delimiter, weighted).add_all();
}

}  // namespace clary::training
