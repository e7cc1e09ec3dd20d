#include "serving/variant_counters.hpp"

#include <algorithm>
#include <bit>

namespace clary::serving {

std::size_t LatencyCounter::size_of(std::uint64_t micros) {
  micros = std::min(micros, (std::uint64_t{1} << most_bits) - 1);
  const auto shift = static_cast<std::size_t>(std::bit_width(micros >> fine_bits));
  if (shift == 0) return micros;
  return (shift << fine_bits) + (micros >> (shift - 1)) - (std::size_t{1} << fine_bits);
}

double LatencyCounter::middle_of(std::size_t size) {
  const auto shift = size >> fine_bits;
  if (shift == 0) return static_cast<double>(size);
  const std::uint64_t fine = (size & ((1U << fine_bits) - 1)) + (1U << fine_bits);
  const std::uint64_t width = std::uint64_t{1} << (shift - 1);
  return static_cast<double>(fine * width) + static_cast<double>(width - 1) / 2;
}

void LatencyCounter::add(std::uint64_t micros) {
  constexpr auto relaxed = std::memory_order_relaxed;
  sum_.fetch_add(micros, relaxed);
  for (std::uint64_t low = min_.load(relaxed); micros < low && !min_.compare_exchange_weak(low, micros, relaxed);) {
  }
  for (std::uint64_t high = max_.load(relaxed); micros > high && !max_.compare_exchange_weak(high, micros, relaxed);) {
  }
  counts_[size_of(micros)].fetch_add(1, std::memory_order_release);
}

std::optional<meta::Datum> LatencyCounter::take() {
  meta::Datum taken{.unit = "Microseconds", .values = {}};
  for (std::size_t size = 0; size < sizes; ++size) {
    if (counts_[size].load(std::memory_order_relaxed) == 0) continue;
    const double count = counts_[size].exchange(0, std::memory_order_acquire);
    taken.values.add(middle_of(size), count);
    taken.count += count;
  }
  if (taken.count == 0) return std::nullopt;
  const std::uint64_t low = min_.exchange(none), high = max_.exchange(0);
  const auto& entries = taken.values.entries();
  taken.min = low == none ? entries.front().value : static_cast<double>(low);
  taken.max = high == 0 ? entries.back().value : static_cast<double>(high);
  taken.max = std::max(taken.min, taken.max);
  taken.sum = std::clamp(static_cast<double>(sum_.exchange(0)), taken.min * taken.count, taken.max * taken.count);
  return taken;
}

}  // namespace clary::serving
