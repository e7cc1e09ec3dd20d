#include "objects/crc.hpp"

#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace clary::objects {

const Crc& Crc::crc32() {
  static const Crc crc(32, 0xEDB88320);
  return crc;
}

const Crc& Crc::crc32c() {
  static const Crc crc(32, 0x82F63B78);
  return crc;
}

const Crc& Crc::crc64nvme() {
  static const Crc crc(64, 0x9A6C9329AC4BC9B5);
  return crc;
}

Crc::Crc(unsigned bits, std::uint64_t reflected_polynomial)
    : bits_(bits), polynomial_(reflected_polynomial), mask_(bits == 64 ? ~0ULL : (1ULL << bits) - 1) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    std::uint64_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ (value & 1 ? polynomial_ : 0);
    tables_[0][byte] = value;
  }
  for (unsigned table = 1; table < 8; ++table) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      std::uint64_t before = tables_[table - 1][byte];
      tables_[table][byte] = tables_[0][before & 0xFF] ^ (before >> 8);
    }
  }
  squares_[0] = power_of_x(1);
  for (unsigned k = 1; k < 64; ++k) squares_[k] = multiply(squares_[k - 1], squares_[k - 1]);
  folds_ = {fold_constant(512 + 64), fold_constant(512), fold_constant(128 + 64), fold_constant(128)};
}

// In the reflected form the highest bit of the register is the coefficient of x^0.
std::uint64_t Crc::power_of_x(unsigned exponent) const {
  std::uint64_t value = 1ULL << (bits_ - 1);
  for (unsigned i = 0; i < exponent; ++i) value = (value >> 1) ^ (value & 1 ? polynomial_ : 0);
  return value;
}

// A product of two reflected 64-bit halves comes out one bit low, hence the exponent less one.
std::uint64_t Crc::fold_constant(unsigned distance) const {
  return power_of_x(distance - 1) << (64 - bits_);
}

std::uint64_t Crc::multiply(std::uint64_t a, std::uint64_t b) const {
  std::uint64_t product = 0;
  for (std::uint64_t bit = 1ULL << (bits_ - 1); bit != 0; bit >>= 1) {
    if (a & bit) product ^= b;
    b = (b >> 1) ^ (b & 1 ? polynomial_ : 0);
  }
  return product;
}

std::uint64_t Crc::combine(std::uint64_t first, std::uint64_t second, std::uint64_t second_length) const {
  std::uint64_t shifted = first;
  for (unsigned k = 3; second_length != 0 && k < 64; ++k, second_length >>= 1) {
    if (second_length & 1) shifted = multiply(squares_[k], shifted);
  }
  return shifted ^ second;
}

std::uint64_t Crc::update(std::uint64_t crc, std::string_view data) const {
  std::uint64_t state = crc ^ mask_;
  static const bool fold = can_fold();
  state = fold && data.size() >= 64 ? folded(state, data) : by_tables(state, data);
  return state ^ mask_;
}

std::uint64_t Crc::by_tables(std::uint64_t state, std::string_view data) const {
  const char* at = data.data();
  std::size_t left = data.size();
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    word ^= state;
    state = tables_[7][word & 0xFF] ^ tables_[6][(word >> 8) & 0xFF] ^ tables_[5][(word >> 16) & 0xFF] ^
            tables_[4][(word >> 24) & 0xFF] ^ tables_[3][(word >> 32) & 0xFF] ^ tables_[2][(word >> 40) & 0xFF] ^
            tables_[1][(word >> 48) & 0xFF] ^ tables_[0][word >> 56];
  }
  for (; left > 0; --left, ++at) state = tables_[0][(state ^ static_cast<unsigned char>(*at)) & 0xFF] ^ (state >> 8);
  return state;
}

#if defined(__x86_64__)

bool Crc::can_fold() {
  return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
}

namespace {
__attribute__((target("pclmul,sse4.1"))) inline __m128i fold(__m128i value, __m128i constants, __m128i next) {
  __m128i far = _mm_clmulepi64_si128(value, constants, 0x00);
  __m128i near = _mm_clmulepi64_si128(value, constants, 0x11);
  return _mm_xor_si128(_mm_xor_si128(far, near), next);
}

inline __m128i load(const char* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}
}  // namespace

// Folds the message to 16 bytes of the same remainder, 64 bytes a step, and leaves those and the tail to the tables.
__attribute__((target("pclmul,sse4.1"))) std::uint64_t Crc::folded(std::uint64_t state, std::string_view data) const {
  const char* at = data.data();
  std::size_t left = data.size();
  const __m128i wide = _mm_set_epi64x(static_cast<long long>(folds_[1]), static_cast<long long>(folds_[0]));
  const __m128i narrow = _mm_set_epi64x(static_cast<long long>(folds_[3]), static_cast<long long>(folds_[2]));
  __m128i a = _mm_xor_si128(load(at), _mm_set_epi64x(0, static_cast<long long>(state)));
  __m128i b = load(at + 16), c = load(at + 32), d = load(at + 48);
  for (at += 64, left -= 64; left >= 64; at += 64, left -= 64) {
    a = fold(a, wide, load(at));
    b = fold(b, wide, load(at + 16));
    c = fold(c, wide, load(at + 32));
    d = fold(d, wide, load(at + 48));
  }
  a = fold(fold(fold(a, narrow, b), narrow, c), narrow, d);
  for (; left >= 16; at += 16, left -= 16) a = fold(a, narrow, load(at));
  char rest[16];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(rest), a);
  return by_tables(by_tables(0, {rest, sizeof rest}), {at, left});
}

#else

bool Crc::can_fold() {
  return false;
}
std::uint64_t Crc::folded(std::uint64_t state, std::string_view data) const {
  return by_tables(state, data);
}

#endif

}  // namespace clary::objects
