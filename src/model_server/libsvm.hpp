// Rows of text/libsvm: "[label] [qid:n] index:value ... [# comment]"; what a row leaves out is missing. Owned by the request. Thread rule: one
// thread. Invariant: no index reaches beyond the model's columns.
#pragma once

#include "model_server/rows.hpp"

namespace clary::model_server {

class LibsvmReader : public RowReader {
 public:
  LibsvmReader(std::string_view body, ModelColumns model);
  Outcome<void> next(Rows& rows) override;

 private:
  Outcome<bool> read_line(std::string_view line, Rows& rows);
  Outcome<void> read_pair(std::string_view word, Rows& rows);

  std::string_view rest_;
  const ModelColumns model_;
  std::size_t line_ = 0;
};

}  // namespace clary::model_server
