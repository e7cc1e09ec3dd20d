#include "serving/variant_counters.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace clary::serving {
namespace {

TEST(LatencyCounter, TakesWhatWasCountedOnce) {
  LatencyCounter counter;
  EXPECT_FALSE(counter.take());
  for (std::uint64_t micros : {5, 1000, 250'000}) counter.add(micros);
  auto taken = counter.take();
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->unit, "Microseconds");
  EXPECT_EQ(taken->count, 3);
  EXPECT_EQ(taken->sum, 251'005);
  EXPECT_EQ(taken->min, 5);
  EXPECT_EQ(taken->max, 250'000);
  EXPECT_NEAR(taken->percentile(0.5), 1000, 10);
  EXPECT_FALSE(counter.take());
  counter.add(7);
  taken = counter.take();
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->min, 7);
  EXPECT_EQ(taken->max, 7);
  EXPECT_EQ(taken->sum, 7);
}

TEST(LatencyCounter, TellsEverySizeToWithinOnePercent) {
  for (std::uint64_t micros = 1; micros < (1ULL << 30); micros += 1 + micros / 97) {
    LatencyCounter counter;
    counter.add(micros);
    auto taken = counter.take();
    ASSERT_TRUE(taken);
    const double value = taken->values.entries().front().value;
    ASSERT_NEAR(value, static_cast<double>(micros), static_cast<double>(micros) * 0.01) << micros;
  }
}

TEST(LatencyCounter, HoldsTheLongestAndTheShortest) {
  LatencyCounter counter;
  counter.add(0);
  counter.add(std::numeric_limits<std::uint32_t>::max());
  auto taken = counter.take();
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->count, 2);
  EXPECT_EQ(taken->min, 0);
  EXPECT_EQ(taken->max, std::numeric_limits<std::uint32_t>::max());
}

TEST(LatencyCounter, LosesNothingBetweenThreads) {
  LatencyCounter counter;
  constexpr int threads = 4, each = 20'000;
  std::atomic<int> left{threads};
  std::vector<std::jthread> adding;
  for (int i = 0; i < threads; ++i) {
    adding.emplace_back([&] {
      for (int n = 0; n < each; ++n) counter.add(100);
      --left;
    });
  }
  double count = 0;
  while (left > 0) {
    if (auto taken = counter.take()) count += taken->count;
  }
  if (auto taken = counter.take()) count += taken->count;
  EXPECT_EQ(count, threads * each);
}

TEST(TakeAtMost, LeavesAnErrorWhoseInvocationIsStillBeingCounted) {
  std::atomic<std::uint64_t> errors{3};
  EXPECT_EQ(take_at_most(errors, 2), 2u);
  EXPECT_EQ(take_at_most(errors, 2), 1u);
  EXPECT_EQ(take_at_most(errors, 2), 0u);
}

}  // namespace
}  // namespace clary::serving
