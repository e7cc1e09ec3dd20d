// Rows of text/libsvm: "[label] [qid:n] index:value ... [# comment]"; what a row leaves out is missing. Owned by the request. Thread rule: one
// thread. Invariant: no index reaches beyond the model's columns.
#pragma once

#include "base/text_lines.hpp"
#include "model_server/rows.hpp"

namespace clary::model_server {

class LibsvmReader : public RowReader {
 public:
  LibsvmReader(std::string_view body, ModelColumns model);
  Outcome<void> next(Rows& rows) override;

 private:
  Outcome<bool> read_line(std::string_view line, Rows& rows);
  Outcome<void> read_pair(std::string_view word, Rows& rows);

  TextLines lines_;
  const ModelColumns model_;
};

}  // namespace clary::model_server
