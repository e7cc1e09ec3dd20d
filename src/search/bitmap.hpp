// A set of rows, a bit each. Plain value, one thread. Invariant: bits beyond the size are clear.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace clary::search {

class Bitmap {
 public:
  Bitmap() = default;
  explicit Bitmap(std::size_t size) : size_(size), words_((size + 63) / 64) {}

  std::size_t size() const { return size_; }
  void resize(std::size_t size) {
    size_ = size;
    words_.resize((size + 63) / 64);
  }
  bool test(std::size_t bit) const { return (words_[bit / 64] >> (bit % 64)) & 1; }
  void set(std::size_t bit) { words_[bit / 64] |= std::uint64_t{1} << (bit % 64); }
  void clear(std::size_t bit) { words_[bit / 64] &= ~(std::uint64_t{1} << (bit % 64)); }

  // All three of sets of one size.
  Bitmap& operator&=(const Bitmap& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
    return *this;
  }
  Bitmap& operator|=(const Bitmap& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
    return *this;
  }
  Bitmap& operator-=(const Bitmap& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
    return *this;
  }
  std::size_t count() const {
    std::size_t counted = 0;
    for (std::uint64_t word : words_) counted += static_cast<std::size_t>(std::popcount(word));
    return counted;
  }
  template <typename F>
  void each(F&& visit) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      for (std::uint64_t word = words_[i]; word != 0; word &= word - 1)
        visit(i * 64 + static_cast<std::size_t>(std::countr_zero(word)));
    }
  }

 private:
  std::size_t size_ = 0;
  std::vector<std::uint64_t> words_;
};

}  // namespace clary::search
