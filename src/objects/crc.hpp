// The cyclic redundancy checks that S3 knows: CRC-32 (IEEE), CRC-32C (Castagnoli) and CRC-64/NVME, all bit-reflected
// with all-ones before and after. Carry-less multiplication (PCLMULQDQ) where the processor has it, tables where not.
// Thread rule: immutable after construction. Invariant: combine(crc(A), crc(B), |B|) = crc(AB).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace clary::objects {

class Crc {
 public:
  static const Crc& crc32();
  static const Crc& crc32c();
  static const Crc& crc64nvme();

  unsigned bits() const { return bits_; }
  // The check of nothing is 0; update(update(0, A), B) = update(0, AB).
  std::uint64_t update(std::uint64_t crc, std::string_view data) const;
  std::uint64_t combine(std::uint64_t first, std::uint64_t second, std::uint64_t second_length) const;

  // The two ways of update(), for tests; `state` is the register without the all-ones. folded() needs 64 bytes or more.
  std::uint64_t by_tables(std::uint64_t state, std::string_view data) const;
  std::uint64_t folded(std::uint64_t state, std::string_view data) const;
  static bool can_fold();

 private:
  Crc(unsigned bits, std::uint64_t reflected_polynomial);
  std::uint64_t multiply(std::uint64_t a, std::uint64_t b) const;  // modulo the polynomial
  std::uint64_t power_of_x(unsigned exponent) const;
  std::uint64_t fold_constant(unsigned distance) const;

  unsigned bits_;
  std::uint64_t polynomial_, mask_;
  std::array<std::array<std::uint64_t, 256>, 8> tables_{};
  std::array<std::uint64_t, 64> squares_{};  // x^(2^k)
  std::array<std::uint64_t, 4> folds_{};     // by 512 bits (far, near), by 128 bits (far, near)
};

}  // namespace clary::objects
