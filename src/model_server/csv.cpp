#include "model_server/csv.hpp"

#include <charconv>

namespace clary::model_server {

namespace {

// What the first line has of these separates its fields: AWS's containers guess it too.
char delimiter_of(std::string_view body) {
  const auto start = body.find_first_not_of("\r\n \t");
  if (start == std::string_view::npos) return ',';
  std::string_view line = body.substr(start);
  line = line.substr(0, line.find('\n'));
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
  for (const char sign : {',', ';', '\t', '|', ' '})
    if (line.find(sign) != std::string_view::npos) return sign;
  return ',';
}

}  // namespace

CsvReader::CsvReader(std::string_view body, ModelColumns model) : lines_(body), model_(model), delimiter_(delimiter_of(body)) {}

Outcome<void> CsvReader::next(Rows& rows) {
  rows.clear();
  rows.sparse = false;
  while (rows.count < block && lines_.next()) {
    if (lines_.line().empty()) continue;
    CHECK_OK(read_line(lines_.line(), rows));
    ++rows.count;
  }
  rows.columns = columns_;
  return {};
}

Outcome<void> CsvReader::read_line(std::string_view line, Rows& rows) {
  const std::size_t before = rows.size();
  const char* at = line.data();
  const char* const end = at + line.size();
  for (std::size_t column = 1;; ++column) {
    // Nearly always a field is a plain number with a separator behind it.
    double value = 0;
    const auto [stop, error] = std::from_chars(at, end, value);
    if (error == std::errc{} && (stop == end || *stop == delimiter_)) {
      if (!rows.add(value)) return no_number(std::string_view(at, static_cast<std::size_t>(stop - at)), column);
      at = stop;
    } else {
      std::string_view field(at, static_cast<std::size_t>(end - at));
      field = field.substr(0, field.find(delimiter_));
      CHECK_OK(read_field(field, column, rows));
      at += field.size();
    }
    if (at == end) break;
    ++at;  // the separator; at the line's end an empty field follows it
  }
  const std::size_t columns = rows.size() - before;
  if (columns_ == 0) {
    CHECK_OK(check_columns(fmt::format("line {}", lines_.number()), columns, model_));
    columns_ = columns;
  }
  if (columns != columns_) return validation("line {} has {} columns; those before it have {}.", lines_.number(), columns, columns_);
  return {};
}

Outcome<void> CsvReader::read_field(std::string_view field, std::size_t column, Rows& rows) const {
  if (field.size() > 1 && field.front() == '"' && field.back() == '"') field = field.substr(1, field.size() - 2);
  const auto number = is_missing(field) ? std::optional<double>(missing) : read_number(field);
  if (!number || !rows.add(*number)) return no_number(field, column);
  return {};
}

Error CsvReader::no_number(std::string_view field, std::size_t column) const {
  return validation("line {}, column {}: '{}' is not a number.", lines_.number(), column, shown(field));
}

}  // namespace clary::model_server
