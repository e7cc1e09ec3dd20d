// Rows of application/x-npy: one array as numpy.save writes it, of numbers; of one dimension it is one row. Owned by the request. Thread rule:
// one thread. Invariant: nothing beyond the body is read, whatever its header says; pickled objects are refused.
#pragma once

#include "model_server/rows.hpp"

namespace clary::model_server {

class NpyReader : public RowReader {
 public:
  // The body outlives it.
  static Outcome<std::unique_ptr<RowReader>> open(std::string_view body, ModelColumns model);
  Outcome<void> next(Rows& rows) override;

 private:
  NpyReader() = default;
  using Load = double (*)(const char*);

  std::string_view data_;
  std::size_t rows_ = 0, columns_ = 0, at_ = 0, size_ = 0;  // at: the next row; size: bytes of a number
  bool by_columns_ = false;
  Load load_ = nullptr;
};

}  // namespace clary::model_server
