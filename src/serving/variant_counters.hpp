// What a variant's invocations came to: counted by the loops, taken away now and then by whoever keeps it as CloudWatch's metrics. Owned by the live
// endpoint, and shared with the table. Thread rule: counting from any thread, without a lock; taking from one at a time. Invariant: what was counted
// is taken once; a latency that is being counted meanwhile may have its sum taken now and its count the next time.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>

#include "meta/data_points.hpp"

namespace clary::serving {

// Microseconds by their size: each to itself below 64, from there on 64 sizes to a doubling (a value is told to within 1 %).
class LatencyCounter {
 public:
  void add(std::uint64_t micros);
  // Nothing: none was counted. Its time and resolution are the taker's to set.
  std::optional<meta::Datum> take();

 private:
  static constexpr unsigned fine_bits = 6, most_bits = 30;  // of 17 minutes and more are one size
  static constexpr std::size_t sizes = (most_bits - fine_bits + 1) << fine_bits;
  static constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();
  static std::size_t size_of(std::uint64_t micros);
  static double middle_of(std::size_t size);

  std::array<std::atomic<std::uint32_t>, sizes> counts_{};
  std::atomic<std::uint64_t> sum_{0}, min_{none}, max_{0};
};

// What was counted, `most` at the most: what is beyond is of an invocation whose latency is not counted yet, and stays for the next time.
inline std::uint64_t take_at_most(std::atomic<std::uint64_t>& counter, std::uint64_t most) {
  const auto taken = std::min(counter.load(), most);
  counter.fetch_sub(taken);
  return taken;
}

struct VariantCounters {
  // Of the model's answers by their status; and of all that were not 2xx, or did not come.
  std::atomic<std::uint64_t> errors_4xx{0}, errors_5xx{0}, model_errors{0};
  LatencyCounter model_latency;  // from choosing the replica to its answer's last byte; one for each invocation
  LatencyCounter overhead;       // from the request's arrival until then
};

}  // namespace clary::serving
