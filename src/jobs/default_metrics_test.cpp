// The metrics that our own runtimes bring, against the lines that their frameworks print.
#include "jobs/metric_scraper.hpp"

#include <filesystem>
#include <gtest/gtest.h>

#include "jobs/test_training_jobs.hpp"

namespace clary::jobs {
namespace {

std::vector<MetricDefinition> definitions_of(const std::string& id) {
  const std::string root = fs::path(__FILE__).parent_path().parent_path().parent_path() / "runtimes";
  auto catalogue = runtimes::Catalogue::open({root});
  EXPECT_TRUE(catalogue) << catalogue.error().message;
  auto version = catalogue->find(id);
  EXPECT_TRUE(version) << id;
  std::vector<MetricDefinition> definitions;
  for (const auto& metric : version->metrics) definitions.push_back({metric.name, metric.regex});
  return definitions;
}

std::map<std::string, double> found(const std::string& id, const std::vector<std::string>& lines) {
  MetricScraper scraper(definitions_of(id));
  std::vector<MeasuredPoint> points;
  for (const auto& line : lines) scraper.scan(line, {1}, points);
  std::map<std::string, double> last;
  for (const auto& value : scraper.last()) last[value.name] = value.value;
  EXPECT_GE(points.size(), last.size());
  return last;
}
using Found = std::map<std::string, double>;

TEST(DefaultMetrics, AreAllUsable) {
  const std::string root = fs::path(__FILE__).parent_path().parent_path().parent_path() / "runtimes";
  auto catalogue = runtimes::Catalogue::open({root});
  ASSERT_TRUE(catalogue);
  for (const auto& version : catalogue->versions()) {
    for (const auto& metric : version.metrics) EXPECT_TRUE(check_metric_definitions({{metric.name, metric.regex}})) << version.id() << metric.name;
  }
}

TEST(DefaultMetrics, KerasOfEveryAge) {
  EXPECT_EQ(found("tensorflow:2.1.0", {"Epoch 1/2", "   32/60000 [..............................] - ETA: 5:01 - loss: 2.3301 - accuracy: 0.0625",
                                       "60000/60000 [==============================] - 4s 66us/sample - loss: 0.2934 - accuracy: 0.9148 - "
                                       "val_loss: 0.1402 - val_accuracy: 0.9587"}),
            (Found{{"loss", 0.2934}, {"accuracy", 0.9148}, {"val_loss", 0.1402}, {"val_accuracy", 0.9587}}));
  EXPECT_EQ(found("tensorflow:1.13.1", {"60000/60000 - 3s - loss: 1.5e-03 - acc: 1.0000 - val_loss: 2.0 - val_acc: 0.5"}),
            (Found{{"loss", 0.0015}, {"acc", 1}, {"val_loss", 2}, {"val_acc", 0.5}}));
  EXPECT_EQ(found("tensorflow:2.19.0",
                  {"\x1b[1m1875/1875\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m\x1b[37m\x1b[0m \x1b[1m3s\x1b[0m 1ms/step - accuracy: 0.8754 - loss: "
                   "0.4256 - val_accuracy: 0.9600 - val_loss: 0.1349"}),
            (Found{{"loss", 0.4256}, {"accuracy", 0.8754}, {"val_loss", 0.1349}, {"val_accuracy", 0.96}}));
  EXPECT_EQ(found("tensorflow:2.1.0", {"1/1 - 0s - val_loss: 0.5", "the loss: 3", "x - dense_loss: 4", "1/1 - 0s - loss: nan - accuracy: inf"}),
            (Found{{"val_loss", 0.5}}));
}

TEST(DefaultMetrics, XgboostsEvals) {
  EXPECT_EQ(found("xgboost:0.90-2", {"[0]\ttrain-error:0.046522\tvalidation-error:0.051", "[1]#011train-error:0.02#011validation-error:0.03",
                                     "train-error:7", "[2]\ttest-error:9"}),
            (Found{{"train:error", 0.02}, {"validation:error", 0.03}}));
  EXPECT_EQ(found("xgboost:1.7-1", {"[10]\ttrain-rmse:1.25000+0.1\tvalidation-rmse:2.5e-1"}),
            (Found{{"train:rmse", 1.25}, {"validation:rmse", 0.25}}));
}

TEST_F(Jobs, ARequestWithoutDefinitionsHasThoseOfItsRuntime) {
  jobs.reset();
  std::ofstream(base / "runtimes/sklearn/runtime.toml", std::ios::app) << "[[metric]]\nname = \"f1\"\nregex = \"f1=([0-9.]+)\"\n";
  auto opened = runtimes::Catalogue::open({base / "runtimes"});
  ASSERT_TRUE(opened) << opened.error().message;
  catalogue = *std::move(opened);
  start_server();
  auto without = spec();
  without.metrics.clear();
  auto final_metrics = [&](const TrainingSpec& asked, const std::string& name) {
    auto job = create(asked, name);
    worker_of(job)->print("acc=0.5 f1=0.25\n");
    worker_of(job)->succeed();
    return ended(job).final_metrics;
  };
  // One after the other: a small host has no room for both, and either may get it first.
  const auto f1 = final_metrics(without, "without"), acc = final_metrics(spec(), "with");
  ASSERT_EQ(f1.size(), 1u);
  EXPECT_EQ(f1.front().name, "f1");
  EXPECT_EQ(f1.front().value, 0.25);
  ASSERT_EQ(acc.size(), 1u);
  EXPECT_EQ(acc.front().name, "acc");
}

}  // namespace
}  // namespace clary::jobs
