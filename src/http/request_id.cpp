#include "http/request_id.hpp"

#include <cstdint>
#include <cstring>
#include <random>

#include "base/rng.hpp"

namespace clary::http {

namespace {

std::mt19937_64 seeded() {
  auto seed = random_bytes(sizeof(std::uint64_t) * 4);
  std::uint32_t words[8];
  std::memcpy(words, seed.data(), sizeof(words));
  std::seed_seq sequence(std::begin(words), std::end(words));
  return std::mt19937_64(sequence);
}

}  // namespace

std::string new_request_id() {
  // One call to the kernel a thread, not one a request.
  thread_local std::mt19937_64 engine = seeded();
  constexpr char digits[] = "0123456789abcdef";
  constexpr char shape[] = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
  std::uint64_t high = engine();
  std::uint64_t low = engine();
  std::string id(shape, sizeof(shape) - 1);
  unsigned at = 0;
  for (char& c : id) {
    if (c == '-') continue;
    auto nibble = (at < 16 ? high >> (4 * at) : low >> (4 * (at - 16))) & 15;
    ++at;
    if (c == 'x') c = digits[nibble];
    if (c == 'y') c = digits[8 | (nibble & 3)];
  }
  return id;
}

}  // namespace clary::http
