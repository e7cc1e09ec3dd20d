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

std::vector<MeasuredPoint> scan(MetricScraper& scraper, std::string_view line, Time time) {
  std::vector<MeasuredPoint> found;
  scraper.scan(line, time, found);
  return found;
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
  scan(scraper, "epoch 1 validation-accuracy: 0.75, done", {10});
  EXPECT_EQ(last_of(scraper), 0.75);
  scan(scraper, "epoch 2 validation-accuracy: none", {20});
  EXPECT_EQ(last_of(scraper), 0.75);
  scan(scraper, "epoch 2 validation-accuracy: 0.80", {30});
  EXPECT_EQ(last_of(scraper), 0.80);
  EXPECT_EQ(scraper.last().front().time.micros, 30);
}

TEST(MetricScraper, PythonsWaysOfWriting) {
  MetricScraper lazy(Definitions{{"m", "loss = (.*?);"}});
  scan(lazy, "x loss = 0.25; val_loss = 0.5;", {1});
  EXPECT_EQ(last_of(lazy), 0.25);
  MetricScraper named(Definitions{{"m", "(?P<name>\\d+\\.\\d+) is the score"}});
  scan(named, "10.5 is the score", {1});
  EXPECT_EQ(last_of(named), 10.5);
  MetricScraper words(Definitions{{"m", ".*\\[[0-9]+\\].*validation-rmse:(\\S+)"}});
  scan(words, "[12]\ttrain-rmse:1.5\tvalidation-rmse:2.25", {1});
  EXPECT_EQ(last_of(words), 2.25);
  MetricScraper whole(Definitions{{"m", "[0-9]+"}});
  scan(whole, "took 42 s", {1});
  EXPECT_EQ(last_of(whole), 42);
}

TEST(MetricScraper, GoesOnFromWhatWasFound) {
  MetricScraper scraper(Definitions{{"a", "a=(\\d+)"}, {"b", "b=(\\d+)"}}, {{"b", 7, {5}}, {"gone", 1, {5}}});
  scan(scraper, "a=1", {6});
  auto last = scraper.last();
  ASSERT_EQ(last.size(), 2u);
  EXPECT_EQ(last[0].name, "a");
  EXPECT_EQ(last[1].value, 7);
}

TEST(MetricScraper, EachMatchIsAPoint) {
  MetricScraper scraper(Definitions{{"b", "b=([^ ]*)"}, {"never", "c=(.*)"}, {"a", "a=([^ ]*)"}});
  auto found = scan(scraper, "a=1 b=2 a=3", {7});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].name, "b");
  EXPECT_EQ(found[0].value, 2);
  EXPECT_EQ(found[1].name, "a");
  EXPECT_EQ(found[1].value, 1);
  EXPECT_EQ(found[1].time.micros, 7);
  EXPECT_FALSE(found[1].step);
  EXPECT_EQ(scan(scraper, "a=1", {8}).size(), 1u) << "the same value again is a point of its own";
  for (const char* none : {"", "a=nan", "a=inf b=-inf", "a=1e999", "a= b=", "nothing"}) {
    EXPECT_TRUE(scan(scraper, none, {9}).empty()) << none;
  }
}

// With and without plain text at its beginning an expression means the same.
TEST(MetricScraper, WhatAMatchBeginsWithChangesNothing) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"loss: ([0-9.]+)", "loss: x, loss: y loss: z loss: loss: loss: 0.5"},
      {"loss\\.a=([0-9.]+)", "lossxa=1 loss.a=0.5"},
      {"los?s=([0-9.]+)", "los=0.5"},
      {"lo(?:ss)?=([0-9.]+)", "lo=0.5"},
      {"a*b=([0-9.]+)", "b=0.5"},
      {"ab+=([0-9.]+)", "abbb=0.5"},
      {"ab{0}=([0-9.]+)", "a=0.5"},
      {"no|acc=([0-9.]+)", "acc=0.5"},
      {"(?i)ACC=([0-9.]+)", "acc=0.5"},
      {"\\bacc=([0-9.]+)", "xacc=1 acc=0.5"},
      {"\\x61cc=([0-9.]+)", "acc=0.5"},
      {"\\Qa.c=\\E([0-9.]+)", "abc=1 a.c=0.5"},
      {"^acc=([0-9.]+)", "acc=0.5 acc=1"},
      {"acc=([0-9.]+)$", "acc=1 acc=0.5"},
      {"\\$acc=([0-9.]+)", "acc=1 $acc=0.5"},
      {"é=([0-9.]+)", "è=1 é=0.5"},
      {"aé?=([0-9.]+)", "a=0.5"},
      {"0\\.[0-9]", "1.5 0.5"}};
  for (const auto& [regex, line] : cases) {
    MetricScraper scraper(Definitions{{"m", regex}});
    auto found = scan(scraper, line, {1});
    ASSERT_EQ(found.size(), 1u) << regex;
    EXPECT_EQ(found.front().value, 0.5) << regex;
  }
}

TEST(MetricScraper, TooLargeForOneAutomatonIsStillFound) {
  Definitions definitions;
  for (int i = 0; i < 40; ++i) {
    definitions.push_back({fmt::format("m{}", i), fmt::format("(?:[a-z]{{1,60}}.{{1,60}}){{1,9}}m{}=([0-9]+)", i)});
  }
  MetricScraper scraper(definitions);
  auto found = scan(scraper, "epoch and so on m7=5 m8=6", {1});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].name, "m7");
  EXPECT_EQ(found[1].value, 6);
}

TEST(MetricScraper, ACatastrophicExpressionIsLinear) {
  MetricScraper scraper(Definitions{{"m", "(a+)+$"}, {"n", "(x+x+)+y"}});
  const std::string line = std::string(256 * 1024, 'a') + "!" + std::string(1000, 'x');
  const auto start = std::chrono::steady_clock::now();
  scan(scraper, line, {1});
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
    scan(scraper, "g=3", {1});
    EXPECT_EQ(last_of(scraper), 3);
  }
  EXPECT_TRUE(check_metric_definitions({{"ok", "x=(.*?),"}}));
}

}  // namespace
}  // namespace clary::jobs
