// fuzz: training
// Files of training channels: CSV, libsvm and Parquet end in whole records or in an error.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "training/parquet.hpp"
#include "training/rows.hpp"
#include "training/unpack.hpp"

using namespace clary::training;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const Rows& rows) {
  require(rows.weights.empty() || rows.weights.size() == rows.count());
  if (rows.sparse) {
    require(rows.offsets.size() == rows.count() + 1 && rows.offsets.back() == rows.values.size() &&
            rows.indices.size() == rows.values.size());
    for (const unsigned index : rows.indices) require(index < rows.columns);
  } else {
    require(rows.values.size() == rows.count() * rows.columns);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Source source{"fuzz", {reinterpret_cast<const char*>(data) + 1, size - 1}};
  Rows rows;
  clary::Outcome<void> read;
  switch (data[0] % 5) {
    case 0: read = add_csv(rows, source, ',', false); break;
    case 1: read = add_csv(rows, source, ';', true); break;
    case 2: read = LibsvmReader(rows).add(source); break;
    case 3: read = add_parquet(rows, source, 1 << 20); break;
    default: (void)unpack_snappy(source.text, data[0] * 16u); return 0;
  }
  if (read) check(rows);
  return 0;
}
