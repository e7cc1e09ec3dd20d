// The records of an input file, one after the other, as SplitType says: lines, RecordIO (MXNet's framing), TFRecord, or
// the whole file as one. Owned by who reads the file. Thread rule: one thread. Invariant: never more than the longest
// record and a read-ahead is held, and nothing that the bytes say is believed before it is checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/outcome.hpp"
#include "io/archive.hpp"

namespace clary::transform {

enum class Split { none, line, recordio, tfrecord };

struct Record {
  std::string_view raw;   // with its framing: the newline, header and padding, sums
  std::string_view data;  // without
};

class RecordReader {
 public:
  // `longest`: bytes of a record with its framing; one over it is an Error.
  RecordReader(Split split, io::ByteSource source, std::size_t longest);
  // Nothing at the end of the file. The views hold until the next call. Lines of nothing are no records, and a byte order
  // mark before the first is left out.
  Outcome<std::optional<Record>> next();
  // Of the record that next() gave, or failed at: 1 on. Of lines it counts the empty ones too.
  std::uint64_t number() const { return number_; }
  std::uint64_t empty_lines() const { return empty_lines_; }
  // Bytes of the file that were read and are not behind next() yet: its last record is one of them.
  std::size_t held() const { return end_ - begin_; }

 private:
  using Result = Outcome<std::optional<Record>>;
  Outcome<bool> fill(std::size_t size);
  Outcome<bool> read_more();
  std::string_view at(std::size_t offset, std::size_t size) const {
    return std::string_view(buffer_).substr(begin_ + offset, size);
  }
  std::uint32_t word(std::size_t offset) const;
  Result next_line();
  Result next_recordio();
  Result next_tfrecord();
  Result whole();
  Error too_long() const;

  const Split split_;
  const io::ByteSource source_;
  const std::size_t longest_;
  std::string buffer_;
  std::size_t begin_ = 0, end_ = 0;  // of what is held of the file in `buffer_`
  std::size_t taken_ = 0;            // by the record that was given last
  bool at_end_ = false, started_ = false;
  std::string joined_;  // of a RecordIO record in several parts
  std::uint64_t number_ = 0, empty_lines_ = 0;
};

}  // namespace clary::transform
