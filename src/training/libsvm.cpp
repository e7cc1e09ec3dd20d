#include <algorithm>
#include <limits>

#include "base/text_lines.hpp"
#include "training/failure.hpp"
#include "training/numbers.hpp"
#include "training/rows.hpp"

namespace clary::training {

namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t';
}

// The next word of the line; empty at its end.
std::string_view next_word(std::string_view& line) {
  while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
  std::size_t size = 0;
  while (size < line.size() && !is_space(line[size])) ++size;
  const std::string_view word = line.substr(0, size);
  line.remove_prefix(size);
  return word;
}

Error not_libsvm(const Source& source, std::string_view line) {
  return user_error(
      "First line '{}...' of file '{}' is not 'LIBSVM' format. Please ensure the file is in 'LIBSVM' format.",
      printable(line.substr(0, 50)), source.name);
}

}  // namespace

LibsvmReader::LibsvmReader(Rows& rows) : rows_(rows) {
  rows_.sparse = true;
  if (rows_.offsets.empty()) rows_.offsets.push_back(0);
}

Outcome<void> LibsvmReader::add(const Source& source) {
  for (TextLines lines(source.text); lines.next();) CHECK_OK(add_line(source, lines.line()));
  return {};
}

Outcome<void> LibsvmReader::add_line(const Source& source, std::string_view line) {
  std::string_view rest = line.substr(0, line.find('#'));
  const std::string_view first = next_word(rest);
  if (first.empty()) return {};
  const std::size_t colon = first.find(':');
  float label = 0, weight = 0;
  if (!read_float(first.substr(0, colon), label) || label != label) return not_libsvm(source, line);
  if (colon != std::string_view::npos) {
    if (!read_float(first.substr(colon + 1), weight)) return not_libsvm(source, line);
    if (rows_.weights.size() != rows_.labels.size()) {
      return user_error("Failed to load libsvm data with exception:\n{}: some records have a weight and some have none",
                        source.name);
    }
    rows_.weights.push_back(weight);
  } else if (!rows_.weights.empty()) {
    return user_error("Failed to load libsvm data with exception:\n{}: some records have a weight and some have none",
                      source.name);
  }
  rows_.labels.push_back(label);
  for (auto word = next_word(rest); !word.empty(); word = next_word(rest)) CHECK_OK(add_pair(source, line, word));
  if (grouped_ != 0 && grouped_ != rows_.labels.size()) {
    return user_error("Failed to load libsvm data with exception:\n{}: some records have a qid and some have none",
                      source.name);
  }
  rows_.offsets.push_back(rows_.values.size());
  return {};
}

Outcome<void> LibsvmReader::add_pair(const Source& source, std::string_view line, std::string_view pair) {
  const std::size_t colon = pair.find(':');
  if (colon == std::string_view::npos) return not_libsvm(source, line);
  const std::string_view name = pair.substr(0, colon), text = pair.substr(colon + 1);
  if (name == "qid") return begin_group(source, line, text);
  unsigned index = 0;
  float value = 0;
  if (!read_whole(name, index) || index == std::numeric_limits<unsigned>::max() || !read_float(text, value)) {
    return not_libsvm(source, line);
  }
  rows_.indices.push_back(index);
  rows_.values.push_back(value);
  rows_.columns = std::max<std::size_t>(rows_.columns, std::size_t{index} + 1);
  return {};
}

Outcome<void> LibsvmReader::begin_group(const Source& source, std::string_view line, std::string_view number) {
  unsigned long long group = 0;
  if (!read_whole(number, group)) return not_libsvm(source, line);
  if (grouped_ == 0 || group != group_) rows_.groups.push_back(0);
  group_ = group;
  ++rows_.groups.back();
  ++grouped_;
  return {};
}

}  // namespace clary::training
