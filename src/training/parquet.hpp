// Parquet files as records: flat columns of numbers, the label first; a null is a missing value. Plain and dictionary encoded
// pages, packed by snappy, gzip, zstd or not at all. Thread rule: one call at a time. Invariant: whatever the bytes are, it ends in
// records or in an Error that names the file.
#pragma once

#include "base/outcome.hpp"
#include "training/rows.hpp"

namespace clary::training {

// `most`: values that all records together may have.
Outcome<void> add_parquet(Rows& rows, const Source& source, std::size_t most = std::size_t{1} << 36);

}  // namespace clary::training
