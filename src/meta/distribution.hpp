// How often each value was seen, for percentiles. Exact up to 512 different values; beyond that values fall into buckets of equal width in their
// logarithm (a value is told to within 1 %), and each time that there are more than 512 buckets again they become twice as wide: 512 of 1 % reach
// over a factor of 28,000. A plain value. Thread rule: one thread. Invariant: entries ascend by value, one a bucket.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clary::meta {

class Distribution {
 public:
  struct Entry {
    double value, count;
  };
  static constexpr std::size_t most_entries = 512;

  void add(double value, double count);  // finite, and count above 0
  void merge(const Distribution& other);
  bool empty() const { return entries_.empty(); }
  bool exact() const { return level_ == 0; }
  const std::vector<Entry>& entries() const { return entries_; }
  // Between the two samples next to the place, in proportion (as numpy's default): of 1, 2 and 3 the 25th is 1.5.
  // `share`: 0 to 1. Not of an empty one.
  double percentile(double share) const;

  std::string encode() const;
  static std::optional<Distribution> decode(std::string_view bytes);  // nothing: not what encode() writes

 private:
  void insert(double value, double count);
  void widen();

  unsigned level_ = 0;  // 0: exact; then buckets, twice as wide at each
  std::vector<Entry> entries_;
};

}  // namespace clary::meta
