#include "meta/distribution.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace clary::meta {
namespace {

Distribution of(const std::vector<double>& values) {
  Distribution made;
  for (double value : values) made.add(value, 1);
  return made;
}

// numpy.percentile's default, on all samples.
double exact_percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const double place = share * static_cast<double>(values.size() - 1);
  const auto low = static_cast<std::size_t>(place);
  const std::size_t high = std::min(low + 1, values.size() - 1);
  return values[low] + (place - static_cast<double>(low)) * (values[high] - values[low]);
}

TEST(DistributionTest, SmallSetsAreExact) {
  auto made = of({3, 1, 2});
  EXPECT_TRUE(made.exact());
  EXPECT_EQ(made.percentile(0), 1);
  EXPECT_EQ(made.percentile(0.25), 1.5);
  EXPECT_EQ(made.percentile(0.5), 2);
  EXPECT_EQ(made.percentile(0.99), 2.98);
  EXPECT_EQ(made.percentile(1), 3);
  EXPECT_EQ(of({7}).percentile(0.9), 7);
}

TEST(DistributionTest, CountsStandForRepeatedSamples) {
  Distribution counted;
  counted.add(10, 3), counted.add(20, 1), counted.add(-5, 2), counted.add(10, 1);
  const std::vector<double> all{10, 10, 10, 20, -5, -5, 10};
  for (double share : {0.0, 0.1, 0.2, 0.3, 0.5, 0.8, 0.9, 0.95, 1.0})
    EXPECT_DOUBLE_EQ(counted.percentile(share), exact_percentile(all, share)) << share;
  Distribution part;
  part.add(4, 0.25);  // counts need not be whole
  EXPECT_EQ(part.percentile(0.5), 4);
}

TEST(DistributionTest, ManyValuesAreToldToOnePercent) {
  std::mt19937 random(7);
  std::lognormal_distribution<double> spread(0, 1.5);
  std::vector<double> values;
  for (int i = 0; i < 20000; ++i) values.push_back(spread(random) * (i % 10 == 0 ? -1 : 1));
  // In one, and merged of many: the parts that are still exact and those that are not.
  Distribution whole = of(values), merged;
  for (std::size_t i = 0; i < values.size(); i += i < 1000 ? 100 : 1000) {
    const std::size_t end = i + (i < 1000 ? 100 : 1000);
    merged.merge(of({values.begin() + static_cast<long>(i), values.begin() + static_cast<long>(end)}));
  }
  EXPECT_FALSE(whole.exact());
  EXPECT_LE(whole.entries().size(), Distribution::most_entries);
  // One bucket of level 2 at the most: both signs span more than 512 of level 1.
  for (double share : {0.01, 0.05, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999}) {
    const double right = exact_percentile(values, share);
    EXPECT_NEAR(whole.percentile(share), right, std::abs(right) * 0.03) << share;
    EXPECT_NEAR(merged.percentile(share), right, std::abs(right) * 0.03) << share;
  }
}

TEST(DistributionTest, StaysBoundedOverAllDoubles) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> exponent(-1020, 1020);
  Distribution made;
  double count = 0;
  for (int i = 0; i < 30000; ++i, ++count) made.add(std::exp2(exponent(random)) * (i % 2 == 0 ? 1 : -1), 1);
  made.add(0, 5);
  EXPECT_LE(made.entries().size(), Distribution::most_entries);
  double counted = 0;
  for (const auto& entry : made.entries()) counted += entry.count;
  EXPECT_EQ(counted, count + 5);
  EXPECT_TRUE(std::is_sorted(made.entries().begin(), made.entries().end(), [](auto& a, auto& b) { return a.value < b.value; }));
}

TEST(DistributionTest, IsReadBackAsWritten) {
  Distribution small;
  small.add(1.5, 1), small.add(-2, 254), small.add(0, 255), small.add(1e300, 1e12), small.add(3, 0.5);
  Distribution large = of({});
  for (int i = 1; i <= 5000; ++i) large.add(i * 1.7, 1);
  for (const Distribution& made : {small, large, Distribution{}}) {
    auto read = Distribution::decode(made.encode());
    ASSERT_TRUE(read);
    ASSERT_EQ(read->entries().size(), made.entries().size());
    EXPECT_EQ(read->exact(), made.exact());
    for (std::size_t i = 0; i < made.entries().size(); ++i) {
      EXPECT_EQ(read->entries()[i].value, made.entries()[i].value);
      EXPECT_EQ(read->entries()[i].count, made.entries()[i].count);
    }
  }
  const std::string bytes = small.encode();
  EXPECT_FALSE(Distribution::decode(bytes.substr(0, bytes.size() - 1)));
  EXPECT_FALSE(Distribution::decode(std::string(1, '\x63')));
  EXPECT_FALSE(Distribution::decode(bytes + bytes.substr(1)));  // does not ascend
}

}  // namespace
}  // namespace clary::meta
