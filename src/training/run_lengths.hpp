// Parquet's runs of equal numbers, and packed numbers between them: levels, and places in a dictionary. A cursor over bytes
// that outlive it. Thread rule: one thread. Invariant: whatever the bytes are, none beyond them is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace clary::training {

class RunLengths {
 public:
  // `width`: bits of a number, 32 at most.
  RunLengths(std::string_view bytes, unsigned width)
      : bytes_(bytes), width_(width), mask_((std::uint64_t{1} << width) - 1) {}

  // False: there are no more.
  bool next(std::uint32_t& value) {
    while (repeated_ == 0 && packed_ == 0) {
      if (!begin_run()) return false;
    }
    if (repeated_ > 0) {
      --repeated_;
      value = run_value_;
      return true;
    }
    --packed_;
    // At most 31 bits and another byte. A run's numbers end with a byte, so its last one leaves none behind.
    while (held_ < width_) {
      window_ |= std::uint64_t{static_cast<unsigned char>(bytes_.front())} << held_;
      bytes_.remove_prefix(1);
      held_ += 8;
    }
    value = static_cast<std::uint32_t>(window_ & mask_);
    window_ >>= width_;
    held_ -= width_;
    return true;
  }

 private:
  bool begin_run() {
    std::uint64_t head = 0;
    int shift = 0;
    do {
      if (bytes_.empty() || shift > 35) return false;
      head |= std::uint64_t{static_cast<unsigned char>(bytes_.front()) & 0x7Fu} << shift;
      shift += 7;
      const bool more = (static_cast<unsigned char>(bytes_.front()) & 0x80) != 0;
      bytes_.remove_prefix(1);
      if (!more) break;
    } while (true);
    if (head & 1) {
      const std::uint64_t count = (head >> 1) * 8;
      // What next() relies on: the bytes of the whole run are there.
      if (count * width_ > bytes_.size() * 8) return false;
      packed_ = count;
      return true;
    }
    const std::size_t size = (width_ + 7) / 8;
    if (bytes_.size() < size) return false;
    run_value_ = 0;
    for (std::size_t i = 0; i < size; ++i)
      run_value_ |= std::uint32_t{static_cast<unsigned char>(bytes_[i])} << (8 * i);
    bytes_.remove_prefix(size);
    repeated_ = head >> 1;
    return true;
  }

  std::string_view bytes_;  // that have not come into the window yet
  const unsigned width_;
  const std::uint64_t mask_;
  std::uint64_t repeated_ = 0, packed_ = 0;  // left of the run
  std::uint32_t run_value_ = 0;
  std::uint64_t window_ = 0;  // packed bits, the next number's lowest
  unsigned held_ = 0;         // how many
};

}  // namespace clary::training
