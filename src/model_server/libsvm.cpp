#include "model_server/libsvm.hpp"

#include <algorithm>
#include <charconv>

namespace clary::model_server {

namespace {

// Cuts the first word off.
std::string_view take_word(std::string_view& line) {
  constexpr std::string_view blanks = " \t\r";
  const auto start = std::min(line.find_first_not_of(blanks), line.size());
  const auto end = std::min(line.find_first_of(blanks, start), line.size());
  const std::string_view word = line.substr(start, end - start);
  line.remove_prefix(end);
  return word;
}

}  // namespace

LibsvmReader::LibsvmReader(std::string_view body, ModelColumns model) : lines_(body), model_(model) {}

Outcome<void> LibsvmReader::next(Rows& rows) {
  rows.clear();
  rows.sparse = true;
  rows.columns = model_.value_or(0);
  while (rows.count < block && lines_.next()) {
    const std::string_view line = lines_.line();
    TRY(const bool row, read_line(line.substr(0, line.find('#')), rows));
    if (!row) continue;
    ++rows.count;
    rows.starts.push_back(rows.size());
  }
  if (!model_)
    for (const unsigned index : rows.indices) rows.columns = std::max(rows.columns, std::size_t{index} + 1);
  return {};
}

// False: there is nothing on it.
Outcome<bool> LibsvmReader::read_line(std::string_view line, Rows& rows) {
  std::string_view word = take_word(line);
  if (word.empty()) return false;
  if (word.find(':') == std::string_view::npos) {
    if (!read_number(word) && !is_missing(word)) return validation("line {}: '{}' is neither a label nor index:value.", lines_.number(), shown(word));
    word = take_word(line);
  }
  for (; !word.empty(); word = take_word(line))
    if (!word.starts_with("qid:")) CHECK_OK(read_pair(word, rows));
  return true;
}

Outcome<void> LibsvmReader::read_pair(std::string_view word, Rows& rows) {
  unsigned index = 0;
  const auto colon = std::min(word.find(':'), word.size());
  const auto [end, error] = std::from_chars(word.data(), word.data() + colon, index);
  if (error != std::errc{} || end != word.data() + colon || colon == word.size() || index >= 1U << 31)
    return validation("line {}: '{}' is not index:value.", lines_.number(), shown(word));
  const std::string_view text = word.substr(colon + 1);
  if (text.empty()) return validation("line {}: '{}' is not index:value.", lines_.number(), shown(word));
  // One more than the model has, as AWS's containers allow: for rows that count from 1.
  if (model_ && index > *model_)
    return validation("line {}: there is an index {}; the model was trained with {} columns.", lines_.number(), index, *model_);
  if (is_missing(text)) return {};
  const auto value = read_number(text);
  const bool unused = model_ && index == *model_;  // no tree looks at it
  if (!value || (!unused && !rows.add(*value))) return validation("line {}: '{}' is not a number.", lines_.number(), shown(text));
  if (!unused) rows.indices.push_back(index);
  return {};
}

}  // namespace clary::model_server
