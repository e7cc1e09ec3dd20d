#include "jobs/metric_scraper.hpp"

#include <chrono>
#include <gtest/gtest.h>

namespace clary::jobs {
namespace {

using Definitions = std::vector<MetricDefinition>;

double last_of(MetricScraper& scraper) {
  auto values = scraper.last();
  return values.size() == 1 ? values.front().value : -999;
}

TEST(ParseMetric, TakesNumbersOnly) {
  EXPECT_EQ(parse_metric("0.93"), 0.93);
  EXPECT_EQ(parse_metric(" 1e-3 "), 1e-3);
  EXPECT_EQ(parse_metric("+5"), 5);
  EXPECT_EQ(parse_metric("-2."), -2);
  EXPECT_EQ(parse_metric(".5"), 0.5);
  for (const char* bad : {"", " ", "nan", "inf", "abc", "0.9.", "1,5", "0.9%", "+-1", "0x10", "1e999"}) {
    EXPECT_FALSE(parse_metric(bad)) << bad;
  }
}

TEST(MetricScraper, SearchesAnywhereAndTakesTheFirstGroup) {
  MetricScraper scraper(Definitions{{"acc", "validation-accuracy: ([0-9\\.]+)"}});
  scraper.scan("epoch 1 validation-accuracy: 0.75, done", {10});
  EXPECT_EQ(last_of(scraper), 0.75);
  scraper.scan("epoch 2 validation-accuracy: none", {20});
  EXPECT_EQ(last_of(scraper), 0.75);
  scraper.scan("epoch 2 validation-accuracy: 0.80", {30});
  EXPECT_EQ(last_of(scraper), 0.80);
  EXPECT_EQ(scraper.last().front().time.micros, 30);
}

TEST(MetricScraper, PythonsWaysOfWriting) {
  MetricScraper lazy(Definitions{{"m", "loss = (.*?);"}});
  lazy.scan("x loss = 0.25; val_loss = 0.5;", {1});
  EXPECT_EQ(last_of(lazy), 0.25);
  MetricScraper named(Definitions{{"m", "(?P<name>\\d+\\.\\d+) is the score"}});
  named.scan("10.5 is the score", {1});
  EXPECT_EQ(last_of(named), 10.5);
  MetricScraper words(Definitions{{"m", ".*\\[[0-9]+\\].*validation-rmse:(\\S+)"}});
  words.scan("[12]\ttrain-rmse:1.5\tvalidation-rmse:2.25", {1});
  EXPECT_EQ(last_of(words), 2.25);
  MetricScraper whole(Definitions{{"m", "[0-9]+"}});
  whole.scan("took 42 s", {1});
  EXPECT_EQ(last_of(whole), 42);
}

TEST(MetricScraper, GoesOnFromWhatWasFound) {
  MetricScraper scraper(Definitions{{"a", "a=(\\d+)"}, {"b", "b=(\\d+)"}}, {{"b", 7, {5}}, {"gone", 1, {5}}});
  scraper.scan("a=1", {6});
  auto last = scraper.last();
  ASSERT_EQ(last.size(), 2u);
  EXPECT_EQ(last[0].name, "a");
  EXPECT_EQ(last[1].value, 7);
}

TEST(MetricScraper, ACatastrophicExpressionIsLinear) {
  MetricScraper scraper(Definitions{{"m", "(a+)+$"}, {"n", "(x+x+)+y"}});
  const std::string line = std::string(256 * 1024, 'a') + "!" + std::string(1000, 'x');
  const auto start = std::chrono::steady_clock::now();
  scraper.scan(line, {1});
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  EXPECT_TRUE(scraper.last().empty());
}

TEST(MetricScraper, WhatCannotBeMatchedIsNamed) {
  for (const char* bad : {"(?=x)(\\d+)", "(\\d+)\\1", "(unclosed", "a{2000}", "[z-a]"}) {
    std::vector<MetricDefinition> definitions{{"good", "g=(\\d+)"}, {"bad one", bad}};
    auto checked = check_metric_definitions(definitions);
    ASSERT_FALSE(checked) << bad;
    EXPECT_EQ(checked.error().kind, ErrorKind::validation);
    EXPECT_NE(checked.error().message.find("\"bad one\""), std::string::npos);
    MetricScraper scraper(definitions);
    EXPECT_EQ(scraper.problems().size(), 1u);
    scraper.scan("g=3", {1});
    EXPECT_EQ(last_of(scraper), 3);
  }
  EXPECT_TRUE(check_metric_definitions({{"ok", "x=(.*?),"}}));
}

}  // namespace
}  // namespace clary::jobs
