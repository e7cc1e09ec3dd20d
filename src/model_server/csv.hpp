// Rows of text/csv: no header, no label; an empty field or NaN is a missing value. Lines end in LF or CRLF, the last one maybe in nothing; empty
// lines are no rows; a byte order mark before the first is left out. Owned by the request. Thread rule: one thread. Invariant: all rows of a
// body have the same number of columns.
#pragma once

#include "base/text_lines.hpp"
#include "model_server/rows.hpp"

namespace clary::model_server {

class CsvReader : public RowReader {
 public:
  CsvReader(std::string_view body, ModelColumns model);
  Outcome<void> next(Rows& rows) override;

 private:
  Outcome<void> read_line(std::string_view line, Rows& rows);
  Outcome<void> read_field(std::string_view field, std::size_t column, Rows& rows) const;
  Error no_number(std::string_view field, std::size_t column) const;

  TextLines lines_;
  const ModelColumns model_;
  char delimiter_ = ',';
  std::size_t columns_ = 0;  // 0 before the first row
};

}  // namespace clary::model_server
