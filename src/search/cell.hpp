// A cell: one value of one record, in eight bytes. A number is itself; a text is the number that its table's Strings gave it, in the room that the
// NaNs of a double leave; a list is a text too (list.hpp). Plain values, any thread. Invariant: a number is never NaN, so what is absent or a text
// compares with no number.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace clary::search {

class Cell {
 public:
  constexpr Cell() = default;  // absent
  static Cell number(double value) { return std::isnan(value) ? Cell() : Cell(std::bit_cast<std::uint64_t>(value)); }
  static constexpr Cell text(std::uint32_t id) { return Cell(text_tag | id); }

  constexpr bool is_absent() const { return bits_ == absent_bits; }
  constexpr bool is_text() const { return (bits_ & tag_mask) == text_tag; }
  constexpr bool is_number() const { return !is_text() && !is_absent(); }
  // NaN for what is none.
  double number() const { return std::bit_cast<double>(bits_); }
  constexpr std::uint32_t text() const { return static_cast<std::uint32_t>(bits_); }
  bool operator==(const Cell&) const = default;

 private:
  explicit constexpr Cell(std::uint64_t bits) : bits_(bits) {}
  static constexpr std::uint64_t tag_mask = 0xFFFF'0000'0000'0000;
  static constexpr std::uint64_t text_tag = 0xFFFC'0000'0000'0000;
  static constexpr std::uint64_t absent_bits = 0xFFFE'0000'0000'0000;
  std::uint64_t bits_ = absent_bits;
};

}  // namespace clary::search
