#include "model_server/rows.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include "model_server/csv.hpp"
#include "model_server/json_rows.hpp"
#include "model_server/libsvm.hpp"
#include "model_server/npy.hpp"
#include "model_server/recordio.hpp"

namespace clary::model_server {

namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string media_type(std::string_view content_type) {
  std::string type(trimmed(content_type.substr(0, content_type.find(';'))));
  std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return type;
}

Outcome<std::unique_ptr<RowReader>> open_rows(std::string_view content_type, std::string_view body, ModelColumns columns) {
  const std::string type = media_type(content_type);
  std::unique_ptr<RowReader> reader;
  if (type == "text/csv" || type.empty()) {
    reader = std::make_unique<CsvReader>(body, columns);
  } else if (type == "text/libsvm" || type == "text/x-libsvm") {
    reader = std::make_unique<LibsvmReader>(body, columns);
  } else if (type == "application/json") {
    reader = std::make_unique<JsonReader>(body, columns);
  } else if (type == "application/jsonlines") {
    reader = std::make_unique<JsonLinesReader>(body, columns);
  } else if (type == "application/x-npy") {
    return NpyReader::open(body, columns);
  } else if (type == "application/x-recordio-protobuf") {
    reader = std::make_unique<RecordioReader>(body, columns);
  } else {
    return make_error(ErrorKind::not_implemented,
                      "Content-type {} not supported. Supported content-type is text/csv, text/libsvm, application/json, "
                      "application/jsonlines, application/x-npy, application/x-recordio-protobuf.",
                      shown(type));
  }
  return reader;
}

Outcome<void> check_columns(std::string_view where, std::size_t columns, ModelColumns model) {
  if (!model || columns == *model || columns + 1 == *model) return {};
  return validation("{} has {} columns; the model was trained with {}.", where, columns, *model);
}

std::optional<double> read_number(std::string_view text) {
  text = trimmed(text);
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    // What is too small for a double is 0, what is too large no number.
    if (error != std::errc::result_out_of_range || end != text.data() + text.size()) return std::nullopt;
    const auto exponent = text.find_first_of("eE");
    if (exponent == std::string_view::npos || exponent + 1 >= text.size() || text[exponent + 1] != '-') return std::nullopt;
    value = 0;
  }
  if (std::isinf(value)) return std::nullopt;
  return value;
}

bool is_missing(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return true;
  if (text.size() == 4 && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return text.size() == 3 && (text[0] | 32) == 'n' && (text[1] | 32) == 'a' && (text[2] | 32) == 'n';
}

std::string shown(std::string_view text) {
  constexpr std::size_t longest = 60;
  std::string plain;
  for (const char c : text.substr(0, longest)) plain += (c >= ' ' && c < 127) ? c : '?';
  if (text.size() > longest) plain += "...";
  return plain;
}

}  // namespace clary::model_server
