#include "model_server/xgboost_forest.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <random>

#include "xgboost/test_library.hpp"

namespace clary::model_server {
namespace {

using Parameters = std::map<std::string, std::string>;

// 400 rows of 4 columns, some missing.
struct XgboostForestTest : testing::Test {
  XgboostForestTest() {
    std::mt19937 random(1);
    for (int row = 0; row < 400; ++row) {
      float sum = 0;
      for (int column = 0; column < 4; ++column) {
        const float value = static_cast<float>(random() % 1000) / 100;
        values.push_back(random() % 6 == 0 ? missing : value);
        sum += std::isnan(values.back()) ? 3 : value;
      }
      sums.push_back(sum);
    }
  }

  // The forest of a model that was trained so, and that it predicts all rows as the library does.
  std::optional<Forest> forest_of(Parameters parameters, int rounds = 12, unsigned asked_rounds = 0) {
    const auto library = xgboost::test_library();
    auto matrix = xgboost::Matrix::dense(library, values, 4);
    std::vector<float> labels = sums;
    const std::string objective = parameters["objective"];
    for (float& label : labels) {
      if (objective.starts_with("binary")) label = label > 18;
      if (objective.starts_with("multi")) label = label < 14 ? 0 : label < 22 ? 1 : 2;
    }
    EXPECT_TRUE(matrix->set("label", labels));
    const xgboost::Matrix* known[] = {&*matrix};
    auto booster = xgboost::Booster::create(library, known);
    parameters["nthread"] = "1";
    for (const auto& [name, value] : parameters) EXPECT_TRUE(booster->set_parameter(name, value));
    for (int round = 0; round < rounds; ++round) {
      const auto updated = booster->update(round, *matrix);
      EXPECT_TRUE(updated) << updated.error().message;
    }
    XgboostFacts facts;
    facts.objective = objective;
    facts.columns = 4;
    facts.classes = objective.starts_with("multi") ? 3 : 0;
    facts.rounds = asked_rounds;
    if (parameters.contains("num_parallel_tree")) facts.parallel_trees = 2;
    if (parameters.contains("base_score")) facts.base_score = std::stof(parameters["base_score"]);
    auto forest = make_forest(*booster, library, facts);
    if (forest) {
      const auto wanted = booster->predict(*matrix, asked_rounds);
      std::vector<float> own;
      forest->predict(values, own);
      EXPECT_EQ(own.size(), wanted->values.size());
      for (std::size_t at = 0; at < own.size(); ++at) EXPECT_NEAR(own[at], wanted->values[at], 1e-6 * std::max(1.0f, std::fabs(own[at]))) << at;
    }
    return forest;
  }

  std::vector<float> values, sums;
};

TEST_F(XgboostForestTest, PredictsAsTheLibraryDoes) {
  EXPECT_TRUE(forest_of({{"objective", "binary:logistic"}, {"base_score", "0.5"}}));
  EXPECT_TRUE(forest_of({{"objective", "binary:logistic"}, {"base_score", "0.5"}, {"max_depth", "0"}, {"grow_policy", "lossguide"}, {"max_leaves", "40"}, {"tree_method", "hist"}}));
  EXPECT_TRUE(forest_of({{"objective", "binary:logistic"}, {"base_score", "0.5"}, {"num_parallel_tree", "2"}, {"subsample", "0.5"}}));
  EXPECT_TRUE(forest_of({{"objective", "reg:squarederror"}, {"base_score", "7.5"}}));
  EXPECT_TRUE(forest_of({{"objective", "count:poisson"}, {"base_score", "0.5"}}));
  EXPECT_TRUE(forest_of({{"objective", "multi:softprob"}, {"num_class", "3"}, {"base_score", "0.5"}}));
  EXPECT_TRUE(forest_of({{"objective", "multi:softmax"}, {"num_class", "3"}, {"base_score", "0.5"}}));
}

TEST_F(XgboostForestTest, LeavesOutRoundsThatAreNotAskedFor) {
  const auto few = forest_of({{"objective", "multi:softprob"}, {"num_class", "3"}, {"base_score", "0.5"}}, 12, 4);
  EXPECT_TRUE(few);
}

TEST_F(XgboostForestTest, OtherModelsAreLeftToTheLibrary) {
  EXPECT_FALSE(forest_of({{"objective", "binary:logistic"}, {"booster", "dart"}, {"rate_drop", "0.5"}, {"base_score", "0.5"}}));
  EXPECT_FALSE(forest_of({{"objective", "reg:squarederror"}, {"booster", "gblinear"}, {"base_score", "0.5"}}));
  EXPECT_FALSE(forest_of({{"objective", "binary:hinge"}, {"base_score", "0.5"}}));
}

}  // namespace
}  // namespace clary::model_server
