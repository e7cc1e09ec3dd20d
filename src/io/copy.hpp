// The bytes of one file into another. A plain function. Thread rule: any thread. Invariant: the first file's offset is
// neither used nor moved, so several can read one descriptor.
#pragma once

#include <cstdint>
#include <functional>

#include "base/outcome.hpp"
#include "io/file.hpp"

namespace clary::io {

// Appends the first `size` bytes of `from` to `to`: inside the kernel where it can (file systems with shared extents copy
// nothing), else through a buffer. An Error when `from` is shorter. `cancelled` is asked now and then: true ends the work
// with ErrorKind::timed_out.
Outcome<void> copy_bytes(const File& from, File& to, std::uint64_t size, const std::function<bool()>& cancelled = {});

}  // namespace clary::io
