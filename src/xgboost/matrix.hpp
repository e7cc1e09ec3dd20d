// Rows for a booster: a DMatrix of the library. Owned by whoever made it. Thread rule: one thread at a time, and that of its booster while
// it is trained or asked. Invariant: it holds a copy; NaN is a missing value, and so is what a sparse row leaves out.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "xgboost/library.hpp"

namespace clary::xgboost {

// Compressed sparse rows: row r has the entries starts[r] to starts[r+1].
struct SparseRows {
  std::span<const std::size_t> starts;  // rows + 1
  std::span<const unsigned> columns;
  std::span<const float> values;
  std::size_t column_count = 0;
};

class Matrix {
 public:
  // `values`: row by row. `threads`: 0 for all cores.
  static Outcome<Matrix> dense(std::shared_ptr<const Library> library, std::span<const float> values, std::size_t columns, int threads = 1);
  static Outcome<Matrix> sparse(std::shared_ptr<const Library> library, const SparseRows& rows);
  Matrix(Matrix&& other) noexcept;
  Matrix& operator=(Matrix&& other) noexcept;
  ~Matrix();

  Outcome<std::uint64_t> rows() const;
  Outcome<std::uint64_t> columns() const;
  // "label", "weight", "base_margin".
  Outcome<void> set(const std::string& field, std::span<const float> values);
  // "group": sizes of groups of rows, for ranking.
  Outcome<void> set(const std::string& field, std::span<const unsigned> values);
  Handle handle() const { return handle_; }

 private:
  Matrix(std::shared_ptr<const Library> library, Handle handle) : library_(std::move(library)), handle_(handle) {}

  std::shared_ptr<const Library> library_;
  Handle handle_ = nullptr;
};

}  // namespace clary::xgboost
