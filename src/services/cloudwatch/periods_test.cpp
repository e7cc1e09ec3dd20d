#include "services/cloudwatch/periods.hpp"

#include <gtest/gtest.h>

namespace clary::services::cloudwatch {
namespace {

constexpr std::int64_t day = 24 * 3600;
Time at(std::int64_t seconds) { return {seconds * 1'000'000}; }

TEST(Statistics, AreReadByName) {
  EXPECT_EQ(read_statistic("Average")->kind, Statistic::Kind::average);
  EXPECT_EQ(read_statistic("SampleCount")->kind, Statistic::Kind::count);
  EXPECT_EQ(read_statistic("p99.9")->kind, Statistic::Kind::percentile);
  EXPECT_DOUBLE_EQ(read_statistic("p99.9")->share, 0.999);
  EXPECT_EQ(read_statistic("p0")->share, 0);
  EXPECT_EQ(read_statistic("p100")->share, 1);
  for (std::string_view name : {"", "p", "average", "p100.1", "p-1", "p1e1", "pnan", "p5%", "tm90", "TM(10%:90%)", "p 5", "p1.2.3"})
    EXPECT_FALSE(read_statistic(name)) << name;
}

TEST(Statistics, TellOfAPeriod) {
  meta::Datum data = meta::datum_of(at(0), 1);
  data.merge(meta::datum_of(at(0), 3));
  data.merge(meta::datum_of(at(0), 8));
  EXPECT_EQ(value_of(*read_statistic("Average"), data), 4);
  EXPECT_EQ(value_of(*read_statistic("Sum"), data), 12);
  EXPECT_EQ(value_of(*read_statistic("Minimum"), data), 1);
  EXPECT_EQ(value_of(*read_statistic("Maximum"), data), 8);
  EXPECT_EQ(value_of(*read_statistic("SampleCount"), data), 3);
  EXPECT_EQ(value_of(*read_statistic("p75"), data), 5.5);
  data.merge({.count = 2, .sum = 3, .min = 1, .max = 2, .values = {}});
  EXPECT_EQ(value_of(*read_statistic("Average"), data), 3);
  EXPECT_FALSE(value_of(*read_statistic("p75"), data));
}

TEST(Periods, AreOfCloudWatchsLengths) {
  for (std::int64_t good : {1, 5, 10, 20, 30, 60, 120, 3600, 86400}) EXPECT_TRUE(is_period(good)) << good;
  for (std::int64_t bad : {0, -60, 2, 15, 59, 61, 90}) EXPECT_FALSE(is_period(bad)) << bad;
}

TEST(Periods, BeginAtARoundedStart) {
  const std::int64_t start = 1'790'000'000 - 1'790'000'000 % day + 12 * 3600 + 32 * 60 + 34;  // 12:32:34
  const std::int64_t hour = start - 34 - 32 * 60;
  EXPECT_EQ(rounded_start(at(start), 60, at(start + 60)), at(hour + 32 * 60));
  EXPECT_EQ(rounded_start(at(start), 300, at(start + 60)), at(hour + 32 * 60));
  EXPECT_EQ(rounded_start(at(start), 60, at(start + 16 * day)), at(hour + 30 * 60));
  EXPECT_EQ(rounded_start(at(start), 60, at(start + 64 * day)), at(hour));
  EXPECT_EQ(rounded_start(at(start), 10, at(start + 60)), at(hour + 32 * 60 + 30));
  EXPECT_EQ(rounded_start(at(start), 1, at(start + 60)), at(start));
  EXPECT_EQ(rounded_start(at(-1), 60, at(0)), at(-60));
}

TEST(Periods, AreCountedWithThoseThatHaveBegun) {
  EXPECT_EQ(periods_between(at(0), at(60), 60), 1);
  EXPECT_EQ(periods_between(at(0), at(61), 60), 2);
  EXPECT_EQ(periods_between(at(0), at(day), 60), 1440);
}

TEST(Periods, SumUpTheirRows) {
  auto store = *meta::Store::open({}, meta::data_point_migrations);
  const Scope here{"000000000000", "us-east-1"};
  const meta::MetricId metric = metric_id("n", "m", std::vector<api::cloudwatch::Dimension>{{"a", "b"}});
  auto put = store->write([&](meta::Session& session) {
    std::vector<meta::Datum> data;
    for (int minute = 0; minute < 10; ++minute) data.push_back(meta::datum_of(at(6000 + 60 * minute), minute, minute % 2 == 0 ? "Count" : "Bytes"));
    return meta::put(session, here, metric, data);
  });
  ASSERT_TRUE(put.ok());
  auto read = [&](Time from, Time to, std::int64_t period, Units units) {
    auto periods = store->read([&](meta::Session& session) { return read_periods(session, here, metric, {from, to, {}}, period, units); });
    std::string told;
    for (const meta::Datum& datum : *periods) told += fmt::format("{}:{}:{} ", datum.time.micros / 1'000'000, datum.sum, datum.count);
    return told;
  };
  EXPECT_EQ(read(at(6060), at(6420), 180, Units::together), "6060:6:3 6240:15:3 ");
  EXPECT_EQ(read(at(6060), at(6420), 180, Units::apart), "6060:4:2 6060:2:1 6240:5:1 6240:10:2 ");
  EXPECT_EQ(read(at(6480), at(9999), 3600, Units::together), "6480:17:2 ");
  EXPECT_EQ(read(at(0), at(6000), 60, Units::together), "");
}

}  // namespace
}  // namespace clary::services::cloudwatch
