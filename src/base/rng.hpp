// Random bytes from the kernel, for keys, ids and tokens. Thread rule: any thread.
#pragma once

#include <cstdint>
#include <string>

namespace clary {

std::string random_bytes(std::size_t count);
// `length` characters out of A-Z a-z 0-9.
std::string random_alphanumeric(std::size_t length);
// A version 4 UUID in lower case.
std::string random_uuid();
// Uniform in [0, bound).
std::uint64_t random_below(std::uint64_t bound);

}  // namespace clary
