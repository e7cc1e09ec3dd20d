#include "meta/data_points.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/test_scope.hpp"

namespace clary::meta {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

const Time start{1'790'000'040LL * 1'000'000};  // a whole minute

Time after(double seconds) { return {start.micros + static_cast<std::int64_t>(seconds * 1e6)}; }

class DataPointsTest : public testing::Test {
 protected:
  void add(const MetricId& metric, const std::vector<Datum>& data, const Scope& scope = here) {
    auto done = store->write([&](Session& session) { return put(session, scope, metric, data); });
    ASSERT_TRUE(done.ok()) << done.error().detail;
  }
  std::vector<Datum> read(const MetricId& metric, const DataRange& range = {after(-1e6), after(1e6), {}}, const Scope& scope = here) {
    std::vector<Datum> found;
    auto done = store->read([&](Session& session) {
      return each_datum(session, scope, metric, range, [&](const Datum& datum) { found.push_back(datum); });
    });
    EXPECT_TRUE(done.ok()) << done.error().detail;
    return found;
  }
  std::vector<std::string> names(MetricQuery query) {
    std::vector<std::string> found;
    query.scope = here;
    do {
      auto page = store->read([&](Session& session) { return list_metrics(session, query); });
      EXPECT_TRUE(page.ok()) << page.error().message;
      EXPECT_LE(page->metrics.size(), query.limit);
      for (const auto& metric : page->metrics) found.push_back(metric.name);
      query.after = page->next;
    } while (!query.after.empty());
    return found;
  }

  std::shared_ptr<Store> store = *Store::open({}, data_point_migrations);
  const MetricId loss{"/aws/sagemaker/TrainingJobs", "loss", {{"Host", "algo-1"}, {"TrainingJobName", "digits"}}};
};

TEST_F(DataPointsTest, ValuesByTheMinuteAreWhatADatumEachWouldBe) {
  std::vector<Measured> values;
  for (int i = 0; i < 1000; ++i) values.push_back({after(i * 0.13), i % 7 * 0.5});
  values.push_back({after(500), 1.25});
  MetricId other = loss;
  other.name = "each";
  for (const Measured& measured : values) add(other, {datum_of(measured.time, measured.value)});
  add(loss, by_minute(values));
  const auto together = read(loss), each = read(other);
  ASSERT_EQ(together.size(), 4u);
  ASSERT_EQ(each.size(), 4u);
  for (std::size_t i = 0; i < each.size(); ++i) {
    EXPECT_EQ(together[i].time, each[i].time);
    EXPECT_EQ(together[i].count, each[i].count);
    EXPECT_DOUBLE_EQ(together[i].sum, each[i].sum);
    EXPECT_EQ(together[i].min, each[i].min);
    EXPECT_EQ(together[i].max, each[i].max);
    EXPECT_DOUBLE_EQ(together[i].percentile(0.5), each[i].percentile(0.5));
  }
}

TEST_F(DataPointsTest, DataOfAMinuteBecomeOne) {
  add(loss, {datum_of(after(1), 4), datum_of(after(59.9), 1)});
  add(loss, {datum_of(after(30), 3), datum_of(after(60), 9)});
  auto rows = read(loss);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].time, start);
  EXPECT_EQ(rows[0].count, 3);
  EXPECT_EQ(rows[0].sum, 8);
  EXPECT_EQ(rows[0].min, 1);
  EXPECT_EQ(rows[0].max, 4);
  EXPECT_EQ(rows[0].percentile(0.5), 3);
  EXPECT_EQ(rows[1].time, after(60));
  EXPECT_EQ(rows[1].percentile(0.9), 9);
}

TEST_F(DataPointsTest, HighResolutionKeepsSeconds) {
  auto fine = datum_of(after(1.25), 2);
  fine.each_second = true;
  auto next = datum_of(after(2), 3);
  next.each_second = true;
  add(loss, {fine, next, fine});
  auto rows = read(loss);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].time, after(1));
  EXPECT_EQ(rows[0].count, 2);
  EXPECT_EQ(rows[1].time, after(2));
}

TEST_F(DataPointsTest, TheRangeIncludesItsStartAndNotItsEnd) {
  for (int minute = 0; minute < 4; ++minute) add(loss, {datum_of(after(60 * minute), minute)});
  auto rows = read(loss, {after(60), after(180), {}});
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].sum, 1);
  EXPECT_EQ(rows[1].sum, 2);
  EXPECT_EQ(read(loss, {after(60.5), after(180.5), {}}).size(), 2u);
}

TEST_F(DataPointsTest, UnitsStandApart) {
  add(loss, {datum_of(start, 1, "Seconds"), datum_of(start, 2, "Bytes"), datum_of(start, 3, "Seconds")});
  EXPECT_EQ(read(loss).size(), 2u);
  auto rows = read(loss, {start, after(60), "Seconds"});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].sum, 4);
}

TEST_F(DataPointsTest, StatisticSetsHaveNoPercentiles) {
  Datum set{.time = start, .count = 10, .sum = 55, .min = 1, .max = 10, .values = {}};
  Datum same{.time = after(60), .count = 3, .sum = 6, .min = 2, .max = 2, .values = {}};
  add(loss, {datum_of(start, 5), set, same});
  add(loss, {datum_of(start, 6), datum_of(after(60), 4)});
  auto rows = read(loss);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_FALSE(rows[0].has_percentiles());
  EXPECT_EQ(rows[0].count, 12);
  EXPECT_EQ(rows[0].max, 10);
  EXPECT_TRUE(rows[1].has_percentiles());  // of one value, three times
  EXPECT_EQ(rows[1].percentile(0.5), 2);
  EXPECT_EQ(rows[1].percentile(1), 4);
}

TEST_F(DataPointsTest, TheOrderOfDimensionsDoesNotMatter) {
  add(loss, {datum_of(start, 1)});
  MetricId turned = loss;
  std::swap(turned.dimensions[0], turned.dimensions[1]);
  add(turned, {datum_of(start, 2)});
  EXPECT_EQ(read(turned).at(0).sum, 3);
  EXPECT_THAT(names({}), ElementsAre("loss"));
  MetricId fewer = loss;
  fewer.dimensions.pop_back();
  EXPECT_TRUE(read(fewer).empty());
  EXPECT_TRUE(read(loss, {after(-60), after(60), {}}, {"000000000000", "eu-west-1"}).empty());
}

TEST_F(DataPointsTest, DimensionsMayHoldAnyCharacter) {
  const MetricId odd{"n", "m", {{"a=b&c", "%41 =&\xc3\xa9"}, {"a", "b&c=d"}}};
  add(odd, {datum_of(start, 1)});
  auto page = store->read([&](Session& session) { return list_metrics(session, {.scope = here}); });
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->metrics.size(), 1u);
  EXPECT_THAT(page->metrics[0].dimensions, UnorderedElementsAre(odd.dimensions[0], odd.dimensions[1]));
}

TEST_F(DataPointsTest, MetricsAreListedByFilterAndPage) {
  for (int i = 0; i < 5; ++i)
    add({i < 3 ? "one" : "two", fmt::format("m{}", i), {{"job", fmt::format("j{}", i % 2)}}}, {datum_of(after(60 * i), 1)});
  EXPECT_THAT(names({.limit = 2}), ElementsAre("m0", "m1", "m2", "m3", "m4"));
  EXPECT_THAT(names({.space = "one", .limit = 2}), ElementsAre("m0", "m1", "m2"));
  EXPECT_THAT(names({.name = "m3"}), ElementsAre("m3"));
  EXPECT_THAT(names({.dimensions = {{"job", {}}}, .limit = 1}).size(), 5u);
  EXPECT_THAT(names({.dimensions = {{"job", "j1"}}, .limit = 1}), ElementsAre("m1", "m3"));
  EXPECT_TRUE(names({.dimensions = {{"job", "j1"}, {"host", {}}}}).empty());
  EXPECT_THAT(names({.active_since = after(180)}), ElementsAre("m3", "m4"));
}

TEST_F(DataPointsTest, ATokenOfAnotherQueryIsRefused) {
  add(loss, {datum_of(start, 1)});
  add({"n", "m", {}}, {datum_of(start, 1)});
  auto list = [&](const MetricQuery& query) { return store->read([&](Session& session) { return list_metrics(session, query); }); };
  auto page = list({.scope = here, .limit = 1});
  ASSERT_TRUE(page.ok());
  ASSERT_FALSE(page->next.empty());
  EXPECT_FALSE(list({.scope = here, .space = "n", .limit = 1, .after = page->next}).ok());
  EXPECT_FALSE(list({.scope = here, .limit = 1, .after = "nonsense"}).ok());
}

TEST_F(DataPointsTest, OldDataExpireAndTheirMetricsWithThem) {
  std::vector<Datum> many;
  for (int i = 0; i < 5000; ++i) many.push_back(datum_of(after(60 * i), i));
  add(loss, many);
  add({"n", "old", {}}, {datum_of(start, 1)});
  bool more = true;
  for (int calls = 0; more && calls < 20; ++calls) more = *store->write([&](Session& session) { return expire_data(session, after(60 * 4990)); });
  EXPECT_FALSE(more);
  auto rows = read(loss);
  ASSERT_EQ(rows.size(), 10u);
  EXPECT_EQ(rows[0].sum, 4990);
  EXPECT_THAT(names({}), ElementsAre("loss"));
}

TEST_F(DataPointsTest, ManyDataAddUp) {
  std::vector<Datum> data;
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) {
    data.push_back(datum_of(after(i * 0.01), std::sin(i) * 100));
    sum += std::sin(i) * 100;
  }
  for (std::size_t i = 0; i < data.size(); i += 1000) add(loss, {data.begin() + static_cast<long>(i), data.begin() + static_cast<long>(i) + 1000});
  double counted = 0, summed = 0;
  for (const Datum& row : read(loss)) {
    counted += row.count, summed += row.sum;
    EXPECT_NEAR(row.percentile(0.9), std::sin(0.4 * std::acos(-1)) * 100, 3);  // of a sine: 1.5 % of the value, and the sample's own
  }
  EXPECT_EQ(counted, 100'000);
  EXPECT_NEAR(summed, sum, 1e-6);
}

}  // namespace
}  // namespace clary::meta
