#include "model_server/json_rows.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>

#include "model_server/json_member.hpp"

namespace clary::model_server {

namespace json = boost::json;

namespace {

// The list of numbers that stands for a row; null: there is none.
const json::array* numbers_of(const json::value& row) {
  if (const auto* list = row.if_array()) return list;
  const auto* features = member(&row, "features");
  if (!features) features = member(member(member(&row, "data"), "features"), "values");
  return features ? features->if_array() : nullptr;
}

}  // namespace

Outcome<void> JsonRows::add(const json::value& row, const std::string& where, Rows& rows) {
  const auto* numbers = numbers_of(row);
  if (!numbers) return validation("{} is no list of numbers, and no object with a list \"features\".", where);
  return add_numbers(*numbers, where, rows);
}

Outcome<void> JsonRows::add_numbers(const json::array& numbers, const std::string& where, Rows& rows) {
  if (columns_ == 0) CHECK_OK(check_columns(where, numbers.size(), model_));
  if (columns_ != 0 && numbers.size() != columns_) return validation("{} has {} columns; those before it have {}.", where, numbers.size(), columns_);
  if (numbers.empty()) return validation("{} has no columns.", where);
  columns_ = numbers.size();
  for (std::size_t column = 0; column < numbers.size(); ++column) {
    const json::value& number = numbers[column];
    if (!number.is_null() && !number.is_number()) return validation("{}, column {} is not a number.", where, column + 1);
    if (!rows.add(number.is_null() ? missing : number.to_number<double>()))
      return validation("{}, column {}: the number is too large.", where, column + 1);
  }
  ++rows.count;
  rows.columns = columns_;
  return {};
}

Outcome<void> JsonReader::next(Rows& rows) {
  rows.clear();
  rows.sparse = false;
  if (!std::exchange(parsed_, true)) CHECK_OK(parse());
  for (; !left_.empty() && rows.count < block; left_ = left_.subspan(1)) CHECK_OK(rows_.add(left_.front(), fmt::format("row {}", ++given_), rows));
  return {};
}

Outcome<void> JsonReader::parse() {
  boost::system::error_code code;
  document_ = json::parse(json::string_view(body_.data(), body_.size()), code, &memory_);
  if (code) return validation("The body is not valid application/json: {}.", code.message());
  const json::value* all = &document_;
  if (const auto* instances = member(all, "instances")) all = instances;
  const auto* list = all->if_array();
  const bool single = !list || (!list->empty() && (list->front().is_number() || list->front().is_null()));
  left_ = single ? std::span(all, 1) : std::span(list->data(), list->size());
  return {};
}

JsonLinesReader::JsonLinesReader(std::string_view body, ModelColumns model) : lines_(body), rows_(model) {}

Outcome<void> JsonLinesReader::next(Rows& rows) {
  rows.clear();
  rows.sparse = false;
  while (rows.count < block && lines_.next()) {
    const std::string_view line = lines_.line();
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    boost::system::error_code code;
    unsigned char buffer[4096];
    json::monotonic_resource memory(buffer, sizeof buffer);
    const json::value document = json::parse(json::string_view(line.data(), line.size()), code, &memory);
    if (code) return validation("line {} is not valid JSON: {}.", lines_.number(), code.message());
    CHECK_OK(rows_.add(document, fmt::format("line {}", lines_.number()), rows));
  }
  return {};
}

}  // namespace clary::model_server
