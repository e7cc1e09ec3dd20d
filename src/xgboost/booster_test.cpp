#include "xgboost/booster.hpp"

#include <cmath>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>

#include "xgboost/test_library.hpp"

namespace clary::xgboost {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
constexpr float nan = NAN;

// 40 rows of 3 columns, some missing; the label is whether the first is above 20.
struct BoosterTest : testing::Test {
  BoosterTest() {
    for (int row = 0; row < 40; ++row) {
      values.insert(values.end(), {static_cast<float>(row), row % 5 == 0 ? nan : static_cast<float>(row % 7), 1.5f});
      labels.push_back(row > 20 ? 1.f : 0.f);
    }
  }
  Matrix matrix() {
    Matrix made = std::move(*Matrix::dense(library, values, 3));
    EXPECT_TRUE(made.set("label", labels));
    return made;
  }
  Booster trained(const Matrix& train, const std::string& objective = "binary:logistic") {
    const Matrix* known[] = {&train};
    Booster booster = std::move(*Booster::create(library, known));
    for (const auto& [name, value] : {std::pair{"objective", objective}, {"max_depth", "2"}, {"nthread", "1"}, {"num_class", classes}})
      if (std::string(value) != "") {
        EXPECT_TRUE(booster.set_parameter(name, value));
      }
    for (int round = 0; round < 5; ++round) EXPECT_TRUE(booster.update(round, train));
    return booster;
  }
  static std::vector<float> copy(const Outcome<Prediction>& predicted) {
    EXPECT_TRUE(predicted) << predicted.error().message;
    return {predicted->values.begin(), predicted->values.end()};
  }
  std::shared_ptr<const Library> library = test_library();
  std::vector<float> values, labels;
  std::string classes;
};

TEST_F(BoosterTest, TrainsEvaluatesAndPredicts) {
  Matrix train = matrix();
  Booster booster = trained(train);
  const Evaluated sets[] = {{"train", &train}};
  EXPECT_THAT(*booster.evaluate(4, sets), testing::StartsWith("[4]\ttrain-"));
  const auto found = copy(booster.predict(train));
  ASSERT_EQ(found.size(), 40u);
  for (int row = 0; row < 40; ++row) EXPECT_EQ(found[row] > 0.5, row > 20) << row;
  const float margin = copy(booster.predict(train, 0, true))[0];
  EXPECT_NEAR(1 / (1 + std::exp(-margin)), found[0], 1e-6);
  EXPECT_NE(copy(booster.predict(train, 1)), found);
}

TEST_F(BoosterTest, PredictsTheSameWithoutAMatrixAndFromSparseRows) {
  Matrix train = matrix();
  Booster booster = trained(train);
  const auto found = copy(booster.predict(train));
  EXPECT_EQ(copy(booster.predict_dense(values, 3)), found);
  std::vector<std::size_t> starts{0};
  std::vector<unsigned> columns;
  std::vector<float> kept;
  for (std::size_t at = 0; at < values.size(); ++at) {
    if (!std::isnan(values[at])) {
      columns.push_back(static_cast<unsigned>(at % 3));
      kept.push_back(values[at]);
    }
    if (at % 3 == 2) starts.push_back(kept.size());
  }
  auto sparse = Matrix::sparse(library, {starts, columns, kept, 3});
  ASSERT_TRUE(sparse) << sparse.error().message;
  EXPECT_EQ(*sparse->rows(), 40u);
  EXPECT_EQ(*sparse->columns(), 3u);
  EXPECT_EQ(copy(booster.predict(*sparse)), found);
}

TEST_F(BoosterTest, ARowOfSeveralClassesIsSeveralNumbersWide) {
  for (int row = 0; row < 40; ++row) labels[row] = static_cast<float>(row % 3);
  classes = "3";
  Matrix train = matrix();
  Booster booster = trained(train, "multi:softprob");
  for (const auto& predicted : {booster.predict(train), booster.predict_dense(values, 3)}) {
    ASSERT_TRUE(predicted);
    EXPECT_EQ(predicted->width, 3u);
    EXPECT_EQ(predicted->values.size(), 120u);
    EXPECT_NEAR(predicted->values[0] + predicted->values[1] + predicted->values[2], 1, 1e-5);
  }
}

TEST_F(BoosterTest, ASavedModelPredictsTheSame) {
  Matrix train = matrix();
  Booster booster = trained(train);
  ASSERT_TRUE(booster.set_attribute("best_iteration", "3"));
  const auto found = copy(booster.predict(train));
  const std::string path = std::filesystem::temp_directory_path() / ("booster-" + std::to_string(getpid()) + ".json");
  ASSERT_TRUE(booster.save_file(path));
  auto check = [&](auto load) {
    Booster loaded = std::move(*Booster::create(library));
    auto done = load(loaded);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(copy(loaded.predict(train)), found);
    EXPECT_EQ(*loaded.attribute("best_iteration"), "3");
    EXPECT_EQ(*loaded.attribute("other"), std::nullopt);
    EXPECT_THAT(**loaded.config(), HasSubstr("binary:logistic"));
    EXPECT_EQ(loaded.dump("json")->size(), 5u);
    EXPECT_THAT(loaded.dump_by_number(3)->front(), HasSubstr("\"split\": \"0\""));
  };
  check([&](Booster& loaded) { return loaded.load_file(path); });
  for (const char* form : {"ubj", "json"}) check([&](Booster& loaded) { return loaded.load(*booster.save(form)); });
  check([&](Booster& loaded) { return loaded.unserialize(*booster.serialize()); });
  std::filesystem::remove(path);
}

TEST_F(BoosterTest, ComplainsInTheLibrarysWords) {
  Matrix train = matrix();
  const Matrix* known[] = {&train};
  Booster booster = std::move(*Booster::create(library, known));
  ASSERT_TRUE(booster.set_parameter("objective", "none:such"));
  auto updated = booster.update(0, train);
  ASSERT_FALSE(updated);
  EXPECT_THAT(updated.error().message, HasSubstr("none:such"));
  EXPECT_THAT(updated.error().message, testing::Not(HasSubstr("Stack trace")));
  for (const char* broken : {"{\"learner\":", "binf????", "no model at all", "{L\0\0\0"}) {
    Booster other = std::move(*Booster::create(library));
    EXPECT_FALSE(other.load(broken)) << broken;
  }
}

TEST_F(BoosterTest, OneForEachThread) {
  Matrix train = matrix();
  Booster booster = trained(train);
  const auto found = copy(booster.predict(train));
  const std::string model = *booster.save("ubj");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      Booster own = std::move(*Booster::create(library));
      ASSERT_TRUE(own.load(model));
      ASSERT_TRUE(own.set_parameter("nthread", "1"));
      for (int round = 0; round < 20; ++round) EXPECT_EQ(copy(own.predict_dense(values, 3)), found);
    });
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace clary::xgboost
