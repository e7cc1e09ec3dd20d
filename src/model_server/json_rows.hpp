// Rows of application/json and application/jsonlines. JSON: a row, or a list of rows, bare or as the member "instances"; a line of JSON lines is a
// row. A row is a list of numbers, {"features": [...]} or {"data": {"features": {"values": [...]}}}; null is a missing value. Owned by the request.
// Thread rule: one thread. Invariant: all rows of a body have the same number of columns.
#pragma once

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>
#include <span>

#include "base/text_lines.hpp"
#include "model_server/rows.hpp"

namespace clary::model_server {

// Adds the rows of one document; shared by both readers.
class JsonRows {
 public:
  explicit JsonRows(ModelColumns model) : model_(model) {}
  // `where` begins an error's message: "line 3", "row 3".
  Outcome<void> add(const boost::json::value& row, const std::string& where, Rows& rows);
  std::size_t columns() const { return columns_; }

 private:
  Outcome<void> add_numbers(const boost::json::array& numbers, const std::string& where, Rows& rows);

  const ModelColumns model_;
  std::size_t columns_ = 0;
};

class JsonReader : public RowReader {
 public:
  JsonReader(std::string_view body, ModelColumns model) : body_(body), rows_(model) {}
  Outcome<void> next(Rows& rows) override;

 private:
  Outcome<void> parse();

  const std::string_view body_;
  boost::json::monotonic_resource memory_;
  boost::json::value document_ = boost::json::value(boost::json::storage_ptr(&memory_));
  std::span<const boost::json::value> left_;  // rows of the document
  std::size_t given_ = 0;
  bool parsed_ = false;
  JsonRows rows_;
};

class JsonLinesReader : public RowReader {
 public:
  JsonLinesReader(std::string_view body, ModelColumns model);
  Outcome<void> next(Rows& rows) override;

 private:
  TextLines lines_;
  JsonRows rows_;
};

}  // namespace clary::model_server
