// Records as the library takes them: dense rows (CSV, Parquet), or sparse ones (libsvm), with what is said of each record.
// Plain values. Thread rule: one thread at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/outcome.hpp"

namespace clary::training {

struct Rows {
  bool sparse = false;
  std::size_t columns = 0;
  std::vector<float> values;         // row after row; NaN where a value is missing
  std::vector<unsigned> indices;     // of sparse values: their columns
  std::vector<std::size_t> offsets;  // of sparse rows: where each begins in `values`, and the end of the last
  std::vector<float> labels;
  std::vector<float> weights;    // one a record, or none at all
  std::vector<unsigned> groups;  // lengths of the runs of records with one qid; empty: none
  std::size_t count() const { return labels.size(); }
};

// What `name`, a file of the channel, is called in errors.
struct Source {
  std::string_view name, text;
};

// Adds a CSV file's records: the label first, then the weight where asked, then the features; no header. Empty lines and
// a byte order mark are passed over; an empty cell is a missing value.
Outcome<void> add_csv(Rows& rows, const Source& source, char delimiter, bool weighted);
// The delimiter of a CSV file, by its first line.
Outcome<char> csv_delimiter(std::string_view text);

// Adds a libsvm file's records: <label>[:<weight>] [qid:<n>] <index>:<value>...
class LibsvmReader {
 public:
  explicit LibsvmReader(Rows& rows);
  Outcome<void> add(const Source& source);

 private:
  Outcome<void> add_line(const Source& source, std::string_view line);
  Outcome<void> add_pair(const Source& source, std::string_view line, std::string_view pair);
  Outcome<void> begin_group(const Source& source, std::string_view line, std::string_view number);

  Rows& rows_;
  std::size_t grouped_ = 0;       // records with a qid
  unsigned long long group_ = 0;  // the last one's
};

}  // namespace clary::training
