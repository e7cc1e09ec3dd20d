#include "xgboost/matrix.hpp"

#include <limits>
#include <utility>

#include "xgboost/array_text.hpp"

namespace clary::xgboost {

namespace {
constexpr float missing = std::numeric_limits<float>::quiet_NaN();
}

Outcome<Matrix> Matrix::dense(std::shared_ptr<const Library> library, std::span<const float> values, std::size_t columns, int threads) {
  const std::size_t rows = columns == 0 ? 0 : values.size() / columns;
  const Functions& call = library->call();
  Handle handle = nullptr;
  const int failed = threads == 1 || !call.matrix_from_dense_threads
                         ? call.matrix_from_dense(values.data(), rows, columns, missing, &handle)
                         : call.matrix_from_dense_threads(values.data(), rows, columns, missing, &handle, threads);
  if (failed) return library->last_error();
  return Matrix(std::move(library), handle);
}

Outcome<Matrix> Matrix::sparse(std::shared_ptr<const Library> library, const SparseRows& rows) {
  const Functions& call = library->call();
  Handle handle = nullptr;
  int failed = 0;
  if (call.matrix_from_csr_ex) {
    failed = call.matrix_from_csr_ex(rows.starts.data(), rows.columns.data(), rows.values.data(), rows.starts.size(), rows.values.size(),
                                     rows.column_count, &handle);
  } else {
    failed = call.matrix_from_csr(array_text(rows.starts).c_str(), array_text(rows.columns).c_str(), array_text(rows.values).c_str(),
                                  rows.column_count, R"({"missing":NaN,"nthread":1})", &handle);
  }
  if (failed) return library->last_error();
  return Matrix(std::move(library), handle);
}

Matrix::Matrix(Matrix&& other) noexcept : library_(std::move(other.library_)), handle_(std::exchange(other.handle_, nullptr)) {}

Matrix& Matrix::operator=(Matrix&& other) noexcept {
  std::swap(library_, other.library_);
  std::swap(handle_, other.handle_);
  return *this;
}

Matrix::~Matrix() {
  if (handle_) library_->call().matrix_free(handle_);
}

Outcome<std::uint64_t> Matrix::rows() const {
  Length count = 0;
  if (library_->call().matrix_rows(handle_, &count)) return library_->last_error();
  return count;
}

Outcome<std::uint64_t> Matrix::columns() const {
  Length count = 0;
  if (library_->call().matrix_columns(handle_, &count)) return library_->last_error();
  return count;
}

Outcome<void> Matrix::set(const std::string& field, std::span<const float> values) {
  if (library_->call().matrix_set_floats(handle_, field.c_str(), values.data(), values.size())) return library_->last_error();
  return {};
}

Outcome<void> Matrix::set(const std::string& field, std::span<const unsigned> values) {
  if (library_->call().matrix_set_unsigned(handle_, field.c_str(), values.data(), values.size())) return library_->last_error();
  return {};
}

}  // namespace clary::xgboost
