// What a request's body says: rows of numbers, given out in blocks so that a large body is never held as numbers whole. A reader is owned by
// the request, the block by the thread. Thread rule: one thread. Invariant: a NaN is a missing value, and there are no infinities.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/outcome.hpp"

namespace clary::model_server {

inline constexpr float missing = std::numeric_limits<float>::quiet_NaN();

struct Rows {
  std::size_t count = 0;
  std::size_t columns = 0;
  // Row by row; of sparse rows the given ones alone. One of the two is filled: the doubles for a model that compares doubles.
  bool doubled = false;
  std::vector<float> values;
  std::vector<double> doubles;
  // Of sparse rows: row r has the entries starts[r] to starts[r+1].
  bool sparse = false;
  std::vector<std::size_t> starts;
  std::vector<unsigned> indices;

  std::size_t size() const { return doubled ? doubles.size() : values.size(); }
  // False: it is an infinity, or beyond what a float holds where floats are wanted.
  bool add(double value) {
    if (doubled) {
      doubles.push_back(value);
      return !std::isinf(value);
    }
    values.push_back(static_cast<float>(value));
    return !std::isinf(values.back());
  }
  // `doubled` stays.
  void clear() {
    count = 0;
    values.clear();
    doubles.clear();
    starts.assign(1, 0);
    indices.clear();
  }
};

// Columns that a model takes; nothing: it does not say.
using ModelColumns = std::optional<std::size_t>;

class RowReader {
 public:
  static constexpr std::size_t block = 1024;
  virtual ~RowReader() = default;
  // Some of the rows that follow, at most `block` where the format can be cut; none: the end. A validation error names the line.
  virtual Outcome<void> next(Rows& rows) = 0;
};

// "text/csv; charset=utf-8" is text/csv.
std::string media_type(std::string_view content_type);
// The reader for a content type; not_implemented: there is none. The body outlives it.
Outcome<std::unique_ptr<RowReader>> open_rows(std::string_view content_type, std::string_view body, ModelColumns columns);

// A row of that many columns, as SageMaker's containers take it: as many as the model has, or one less, because a model that was trained on
// libsvm rows that count from 1 has a column 0 that nothing uses.
Outcome<void> check_columns(std::string_view where, std::size_t columns, ModelColumns model);
// A number in text, blanks around it allowed. Nothing: it is none, or an infinity.
std::optional<double> read_number(std::string_view text);
// Whether the field stands for a missing value: empty, or NaN.
bool is_missing(std::string_view text);
// Text for an error message: no longer than a few words, nothing unprintable.
std::string shown(std::string_view text);

}  // namespace clary::model_server
