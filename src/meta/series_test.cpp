#include "meta/series.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <thread>

#include "meta/changes.hpp"
#include "meta/records.hpp"
#include "meta/series_block.hpp"

namespace clary::meta {
namespace {

using Points = std::vector<Point>;

bool same(const Point& a, const Point& b) { return a.value == b.value && a.time == b.time && a.step == b.step; }

void expect_same(const Points& got, const Points& want) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) ASSERT_TRUE(same(got[i], want[i])) << "point " << i;
}

// A value a step, a second and a bit apart.
Points run_of(std::int64_t first, std::int64_t count) {
  Points points;
  for (std::int64_t i = first; i < first + count; ++i)
    points.push_back({.value = std::sin(static_cast<double>(i)), .time = {1'800'000'000'000'000 + i * 1'000'003}, .step = i});
  return points;
}

class SeriesTest : public ::testing::Test {
 protected:
  std::int64_t add(const std::string& name) {
    Record record{.kind = "thing", .scope = {"1", "here"}, .name = name, .arn = "arn:" + name};
    return *store_->write([&](Session& session) { return insert(session, record); });
  }
  void put(std::int64_t owner, std::string_view name, const Points& points) {
    auto done = store_->write([&](Session& session) { return append(session, owner, name, points); });
    ASSERT_TRUE(done) << done.error().detail;
  }
  Points read(std::int64_t owner, std::string_view name, const PointRange& range = {}) {
    Points all;
    auto done = store_->read([&](Session& session) {
      return each_block(session, owner, name, range, [&](std::span<const Point> block) { all.insert(all.end(), block.begin(), block.end()); });
    });
    EXPECT_TRUE(done) << done.error().detail;
    return all;
  }
  std::optional<Summary> look(std::int64_t owner, std::string_view name) {
    return *store_->read([&](Session& session) { return summary(session, owner, name); });
  }
  std::int64_t count_of(const char* sql) {
    std::int64_t counted = -1;
    auto done = store_->read([&](Session& session) {
      return session.run(sql, {}, [&](const Row& row) {
        counted = row.integer(0);
        return false;
      });
    });
    EXPECT_TRUE(done);
    return counted;
  }
  std::int64_t blocks() { return count_of("SELECT count(*) FROM series_blocks"); }

  std::shared_ptr<Store> store_ = *Store::open({}, record_migrations);
};

TEST_F(SeriesTest, GivesBackWhatWasAppendedHoweverItCame) {
  for (std::int64_t at_once : {1, 7, 10, 64, 1000, 40000}) {
    const std::int64_t owner = add(std::to_string(at_once));
    const std::int64_t count = at_once < 10 ? 2200 : 40000;
    for (std::int64_t i = 0; i < count; i += at_once) put(owner, "loss", run_of(i, std::min(at_once, count - i)));
    expect_same(read(owner, "loss"), run_of(0, count));
    EXPECT_EQ(look(owner, "loss")->count, count);
  }
}

TEST_F(SeriesTest, BlocksAreTheFewestOfTheirSizes) {
  const std::int64_t owner = add("a");
  put(owner, "x", run_of(0, 63));
  EXPECT_EQ(blocks(), 0) << "a short series lies in its own row";
  put(owner, "x", run_of(63, 1));
  EXPECT_EQ(blocks(), 1);
  put(owner, "x", run_of(64, 447));
  EXPECT_EQ(blocks(), 7);
  put(owner, "x", run_of(511, 1));
  EXPECT_EQ(blocks(), 1) << "8 blocks of 64 became one";
  put(owner, "x", run_of(512, 7 * 512 + 511));
  EXPECT_EQ(blocks(), 1 + 7) << "and 8 of 512 one";
  put(owner, "x", run_of(4607, 20000));
  EXPECT_EQ(blocks(), 24607 / 4096 + 24607 % 4096 / 512 + 24607 % 512 / 64);
  expect_same(read(owner, "x"), run_of(0, 24607));
}

TEST_F(SeriesTest, SummariesAreThoseOfAllPoints) {
  const std::int64_t owner = add("a");
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal(1e6, 3);
  std::vector<double> values;
  for (int call = 0; call < 400; ++call) {
    Points points;
    for (std::size_t i = 0; i < random() % 13; ++i) {
      values.push_back(normal(random));
      points.push_back({.value = values.back(), .time = {static_cast<std::int64_t>(values.size())}});
    }
    put(owner, "x", points);
  }
  double sum = 0, squares = 0;
  for (double value : values) sum += value;
  const double n = static_cast<double>(values.size()), mean = sum / n;
  for (double value : values) squares += (value - mean) * (value - mean);
  const Summary got = *look(owner, "x");
  EXPECT_EQ(got.count, static_cast<std::int64_t>(values.size()));
  EXPECT_EQ(got.min, *std::min_element(values.begin(), values.end()));
  EXPECT_EQ(got.max, *std::max_element(values.begin(), values.end()));
  EXPECT_EQ(got.last, values.back());
  EXPECT_NEAR(got.mean, mean, 1e-6);
  EXPECT_NEAR(got.deviation(), std::sqrt(squares / (n - 1)), 1e-6);
}

TEST_F(SeriesTest, DeviationIsTheSamples) {
  const std::int64_t owner = add("a");
  put(owner, "one", {{.value = 5}});
  EXPECT_EQ(look(owner, "one")->deviation(), 0);
  put(owner, "two", {{.value = 95}, {.value = 97}});
  EXPECT_NEAR(look(owner, "two")->deviation(), 1.414, 0.001);
}

TEST_F(SeriesTest, LastIsOfTheGreatestTimeAndOfEqualsTheLater) {
  const std::int64_t owner = add("a");
  put(owner, "x", {{.value = 1, .time = {20}}, {.value = 2, .time = {30}}, {.value = 3, .time = {10}}});
  EXPECT_EQ(look(owner, "x")->last, 2);
  EXPECT_EQ(look(owner, "x")->last_time.micros, 30);
  put(owner, "x", {{.value = 4, .time = {30}}, {.value = 5, .time = {5}}});
  EXPECT_EQ(look(owner, "x")->last, 4);
}

TEST_F(SeriesTest, ExtremeValuesLeaveASummaryOfNumbers) {
  constexpr double most = std::numeric_limits<double>::max();
  constexpr std::int64_t late = std::numeric_limits<std::int64_t>::max(), early = std::numeric_limits<std::int64_t>::min();
  const std::int64_t owner = add("a");
  const Points points{{.value = most, .time = {late}, .step = late},
                      {.value = -most, .time = {early}, .step = early},
                      {.value = std::numeric_limits<double>::denorm_min(), .time = {0}}};
  put(owner, "x", points);
  put(owner, "x", points);
  expect_same(read(owner, "x"), {points[0], points[1], points[2], points[0], points[1], points[2]});
  const Summary got = *look(owner, "x");
  EXPECT_EQ(got.max, most);
  EXPECT_EQ(got.min, -most);
  EXPECT_TRUE(std::isfinite(got.mean));
  EXPECT_TRUE(std::isfinite(got.deviation()));
}

TEST_F(SeriesTest, StepsMayBeThereOrNot) {
  const std::int64_t owner = add("a");
  Points points = run_of(0, 3000);
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (i % 3 == 0 || i > 2000) points[i].step.reset();
  }
  for (std::size_t i = 0; i < points.size(); i += 10) put(owner, "x", Points(points.begin() + i, points.begin() + i + 10));
  expect_same(read(owner, "x"), points);
}

TEST_F(SeriesTest, ARangeHasAtLeastWhatLiesInIt) {
  const std::int64_t owner = add("a");
  const Points all = run_of(0, 100'000);
  put(owner, "x", all);
  auto steps = [&](const PointRange& range, std::int64_t first, std::int64_t last) {
    Points got = read(owner, "x", range);
    EXPECT_LE(got.size(), 3U * 4096) << "blocks outside the range were read";
    for (std::int64_t step = first; step <= last; ++step)
      EXPECT_EQ(std::count_if(got.begin(), got.end(), [&](const Point& point) { return point.step == step; }), 1) << step;
  };
  steps({.first_step = 50'000, .last_step = 50'010}, 50'000, 50'010);
  steps({.last_step = 5}, 0, 5);
  steps({.first_step = 99'990}, 99'990, 99'999);
  steps({.from = all[20'000].time, .to = all[20'005].time}, 20'000, 20'005);
}

TEST_F(SeriesTest, SeriesAreOfTheirOwnersAndByName) {
  const std::int64_t a = add("a"), b = add("b");
  const std::vector<NamedPoints> several{{"val:loss \"\xC3\xA9\"", {{.value = 1}}}, {"acc", {{.value = 2}}}, {"none", {}}, {"acc", {{.value = 3}}}};
  auto done = store_->write([&](Session& session) { return append(session, a, several, 10); });
  ASSERT_TRUE(done);
  EXPECT_TRUE(done->empty());
  put(b, "acc", {{.value = 9}});
  auto of_a = *store_->read([&](Session& session) { return summaries(session, a); });
  ASSERT_EQ(of_a.size(), 2U);
  EXPECT_EQ(of_a[0].name, "acc");
  EXPECT_EQ(of_a[0].count, 2);
  EXPECT_EQ(of_a[1].name, several[0].name);
  EXPECT_FALSE(look(a, "none"));
  EXPECT_TRUE(read(a, "none").empty());
}

TEST_F(SeriesTest, SeriesBeyondTheLimitAreNotBegun) {
  const std::int64_t owner = add("a");
  put(owner, "x", {{.value = 1}});
  const std::vector<NamedPoints> several{{"y", {{.value = 2}}}, {"z", {{.value = 3}}}, {"x", {{.value = 4}}}, {"z", {{.value = 5}}}};
  auto refused = store_->write([&](Session& session) { return append(session, owner, several, 2); });
  ASSERT_TRUE(refused);
  EXPECT_EQ(*refused, (std::vector<std::size_t>{1, 3}));
  EXPECT_EQ(look(owner, "x")->count, 2);
  EXPECT_TRUE(look(owner, "y"));
  EXPECT_FALSE(look(owner, "z"));
}

TEST_F(SeriesTest, LastCallsAreRemembered) {
  const std::int64_t a = add("a"), b = add("b");
  const std::vector<NamedPoints> series{{"refused", {{.value = 1}}}, {"x", run_of(0, 1)}, {"y", run_of(0, 1)}}, many{{"x", run_of(0, 200)}};
  auto add_call = [&](std::int64_t owner, const std::vector<NamedPoints>& points, const std::string& call, std::int64_t most = 9) {
    ASSERT_TRUE(store_->write([&](Session& session) { return append(session, owner, points, most, call); }));
  };
  auto knows = [&](std::int64_t owner, const std::vector<NamedPoints>& points, const std::string& call) {
    return *store_->read([&](Session& session) { return was_appended(session, owner, points, call); });
  };
  EXPECT_FALSE(knows(a, series, "call-1"));
  put(a, "x", run_of(0, 1));
  put(a, "y", run_of(0, 1));
  add_call(a, series, "call-1", 2);
  EXPECT_TRUE(knows(a, series, "call-1")) << "by the first series that took points";
  EXPECT_FALSE(knows(a, series, "call-2"));
  EXPECT_FALSE(knows(b, series, "call-1"));
  put(a, "x", run_of(1, 100));  // of no call
  for (int call = 2; call <= 64; ++call) add_call(a, series, fmt::format("call-{}", call), 2);
  EXPECT_TRUE(knows(a, series, "call-1"));
  EXPECT_TRUE(knows(a, series, "call-64"));
  add_call(a, series, "call-65", 2);
  EXPECT_FALSE(knows(a, series, "call-1")) << "each series knows its last 64";
  EXPECT_TRUE(knows(a, series, "call-2"));
  add_call(b, many, "call-1");  // whose series begins with blocks
  EXPECT_TRUE(knows(b, many, "call-1"));
}

TEST_F(SeriesTest, AppendingIsAChangeOfItsRecord) {
  const std::int64_t a = add("a");
  add("b");
  ASSERT_TRUE(store_->write(seal_changes));
  auto now = *store_->read([](Session& session) { return changes_since(session, 0); });
  put(a, "x", run_of(0, 1));
  auto after = *store_->read([&](Session& session) { return changes_since(session, now.place); });
  EXPECT_EQ(after.records, std::vector<std::int64_t>{a});
}

TEST_F(SeriesTest, ErasingARecordErasesItsSeries) {
  const std::int64_t a = add("a"), b = add("b");
  put(a, "x", run_of(0, 2000));
  put(b, "x", run_of(0, 2000));
  ASSERT_TRUE(*store_->write([&](Session& session) { return erase(session, a); }));
  EXPECT_EQ(count_of("SELECT count(*) FROM series"), 1);
  expect_same(read(b, "x"), run_of(0, 2000));
  const std::int64_t again = add("a");
  put(again, "x", run_of(5, 100));
  expect_same(read(again, "x"), run_of(5, 100));
}

TEST_F(SeriesTest, WhatIsRolledBackIsNowhere) {
  const std::int64_t owner = add("a");
  put(owner, "x", run_of(0, 1000));
  auto refused = store_->write([&](Session& session) -> Outcome<void> {
    CHECK_OK(append(session, owner, "x", run_of(1000, 500)));
    CHECK_OK(append(session, owner, "y", run_of(0, 5)));
    return make_error(ErrorKind::validation, "no");
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(look(owner, "x")->count, 1000);
  EXPECT_FALSE(look(owner, "y"));
  put(owner, "x", run_of(1000, 100));
  expect_same(read(owner, "x"), run_of(0, 1100));
}

TEST_F(SeriesTest, OfManyWritersNoneLosesAPoint) {
  const std::int64_t owner = add("a");
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 8; ++writer) {
    writers.emplace_back([&, writer] {
      for (std::int64_t i = 0; i < 200; ++i) put(owner, "x", run_of(writer * 1000 + i, 1));
    });
  }
  for (auto& writer : writers) writer.join();
  Points got = read(owner, "x");
  std::sort(got.begin(), got.end(), [](const Point& a, const Point& b) { return a.step < b.step; });
  Points want;
  for (int writer = 0; writer < 8; ++writer) {
    const Points of_one = run_of(writer * 1000, 200);
    want.insert(want.end(), of_one.begin(), of_one.end());
  }
  expect_same(got, want);
}

TEST(SeriesBlockTest, DamagedBlocksAreErrorsAndNeverRead) {
  const std::string whole = encode_points(run_of(0, 50));
  Points points;
  for (std::size_t cut = 0; cut < whole.size(); ++cut) EXPECT_FALSE(decode_points(std::string_view(whole).substr(0, cut), points)) << cut;
  EXPECT_FALSE(decode_points(whole + "x", points));
  EXPECT_FALSE(decode_points(std::string("\x01\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x00", 11), points)) << "a count beyond belief";
  EXPECT_TRUE(points.empty());
  ASSERT_TRUE(decode_points(whole, points));
  expect_same(points, run_of(0, 50));
}

}  // namespace
}  // namespace clary::meta
