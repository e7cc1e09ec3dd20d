// What a Parquet file says of itself: its columns, and where their pages are. Plain values.
// Thread rule: pure. Invariant: a file that was read has flat columns, at least one row group's worth of sane numbers, and every
// offset lies within it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/outcome.hpp"

namespace clary::training {

enum class ParquetType {
  boolean = 0,
  int32 = 1,
  int64 = 2,
  int96 = 3,
  real32 = 4,
  real64 = 5,
  bytes = 6,
  fixed_bytes = 7
};
enum class ParquetCodec { none = 0, snappy = 1, gzip = 2, zstd = 6 };
enum class ParquetEncoding { plain = 0, plain_dictionary = 2, run_lengths = 3, dictionary = 8 };

struct ParquetColumn {
  std::string name;
  int type = 0;
  int converted = -1;     // ConvertedType; -1: none
  bool is_number = true;  // false: its LogicalType says what else it is
  bool optional = false;  // a value may be missing
};

struct ParquetChunk {  // a column's part of a row group
  int codec = 0;
  std::int64_t values = 0;
  std::int64_t begin = 0, size = 0;  // of its pages
};

struct ParquetRowGroup {
  std::int64_t rows = 0;
  std::vector<ParquetChunk> chunks;  // one a column
};

struct ParquetFile {
  std::vector<ParquetColumn> columns;
  std::vector<ParquetRowGroup> groups;
};

struct ParquetPage {
  enum class Kind { data = 0, index = 1, dictionary = 2, data_v2 = 3 };
  int kind = 0;
  std::int64_t packed = 0, unpacked = 0;  // bytes
  std::int64_t values = 0;
  int encoding = 0;
  std::int64_t levels = 0;  // v2: bytes of the levels, which are never compressed
  bool compressed = true;
  std::size_t header = 0;  // bytes of the header itself
};

Outcome<ParquetFile> read_parquet_file(std::string_view bytes);
Outcome<ParquetPage> read_parquet_page(std::string_view bytes);

}  // namespace clary::training
