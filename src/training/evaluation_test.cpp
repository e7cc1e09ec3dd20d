#include "training/evaluation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>

#include "training/custom_metrics.hpp"
#include "training/early_stopping.hpp"

namespace clary::training {
namespace {

using testing::DoubleNear;
using testing::SizeIs;

const Release old_release{{0, 90, 0}}, new_release{{1, 7, 4}};

TEST(Scores, AreReadAndWrittenAsTheReleaseDoes) {
  const auto scores = parse_scores("[3]\ttrain-error@0.7:0.014035\tvalidation-aft-nloglik:nan\tvalidation-auc:1e-05");
  ASSERT_THAT(scores, SizeIs(3));
  EXPECT_EQ(scores[0].label(), "train-error@0.7");
  EXPECT_EQ(scores[1].metric, "aft-nloglik");
  EXPECT_EQ(scores_line(3, {scores[0], scores[2]}, old_release, "#011"),
            "[3]#011train-error@0.7:0.014035#011validation-auc:1e-05");
  EXPECT_EQ(scores_line(3, {scores[0], scores[2]}, new_release, "\t"),
            "[3]\ttrain-error@0.7:0.01404\tvalidation-auc:0.00001");
  EXPECT_THAT(parse_scores("[0]"), SizeIs(0));
}

TEST(Scores, NumbersAsPythonSaysThem) {
  EXPECT_EQ(python_number(0.983147), "0.983147");
  EXPECT_EQ(python_number(1), "1.0");
  EXPECT_EQ(python_number(1e-05), "1e-05");
  EXPECT_EQ(python_number(-std::numeric_limits<double>::infinity()), "-inf");
}

std::vector<Score> validation(const char* metric, double value) {
  return {{"train", metric, 0}, {"validation", metric, value}};
}

TEST(EarlyStopping, TheClassicWatchesTheLastOfAll) {
  Hyperparameters asked{.early_stopping_rounds = 2};
  auto stopping = EarlyStopping::make(asked, old_release, false);
  ASSERT_TRUE(stopping);
  EXPECT_FALSE(stopping->after(0, validation("auc", 0.5), "zero"));
  EXPECT_FALSE(stopping->after(1, validation("auc", 0.7), "one"));
  EXPECT_TRUE(stopping->improved());
  EXPECT_FALSE(stopping->after(2, validation("auc", 0.7), "two"));
  EXPECT_FALSE(stopping->improved());
  EXPECT_TRUE(stopping->after(3, validation("auc", 0.6), "three"));
  EXPECT_EQ(stopping->best()->iteration, 1);
  EXPECT_EQ(stopping->best()->line, "one");
}

TEST(EarlyStopping, SinceThenItWantsAMetricAndAValidation) {
  Hyperparameters asked{.early_stopping_rounds = 1};
  EXPECT_FALSE(EarlyStopping::make(asked, new_release, true));
  asked.stopping_metric = "rmse";
  EXPECT_FALSE(EarlyStopping::make(asked, new_release, false));
  auto stopping = EarlyStopping::make(asked, new_release, true);
  ASSERT_TRUE(stopping);
  EXPECT_EQ(stopping->watched(validation("mae", 1)), nullptr);
  EXPECT_FALSE(stopping->after(0, validation("rmse", 3), ""));
  EXPECT_FALSE(stopping->after(1, validation("rmse", 2), ""));
  EXPECT_TRUE(stopping->after(2, validation("rmse", 2.5), ""));
  EXPECT_EQ(stopping->best()->iteration, 1);
  EXPECT_FALSE(EarlyStopping::make({}, old_release, true));
}

// The expected figures are scikit-learn's.
TEST(CustomMetrics, OfTwoClasses) {
  const std::vector<float> margins{2, -1, 0.5f, -3, 1, 0}, labels{1, 1, 0, 0, 1, 0};
  const auto of = [&](const char* name) { return *custom_metric(name, margins, 1, labels); };
  EXPECT_THAT(of("accuracy"), DoubleNear(4.0 / 6, 1e-12));
  EXPECT_THAT(of("balanced_accuracy"), DoubleNear(4.0 / 6, 1e-12));
  EXPECT_THAT(of("precision"), DoubleNear(2.0 / 3, 1e-12));
  EXPECT_THAT(of("recall"), DoubleNear(2.0 / 3, 1e-12));
  EXPECT_THAT(of("f1_binary"), DoubleNear(2.0 / 3, 1e-12));
  EXPECT_THAT(of("f1"), DoubleNear(2.0 / 3, 1e-12));
  EXPECT_THAT(of("precision_micro"), DoubleNear(4.0 / 6, 1e-12));
}

TEST(CustomMetrics, OfThreeClasses) {
  const std::vector<float> margins{3, 1, 0, /**/ 0, 2, 1, /**/ 0, 3, 1, /**/ 1, 0, 2}, labels{0, 1, 2, 2};
  const auto of = [&](const char* name) { return *custom_metric(name, margins, 3, labels); };
  EXPECT_THAT(of("accuracy"), DoubleNear(0.75, 1e-12));
  EXPECT_THAT(of("balanced_accuracy"), DoubleNear((1 + 1 + 0.5) / 3, 1e-12));
  EXPECT_THAT(of("precision_macro"), DoubleNear((1 + 0.5 + 1) / 3, 1e-12));
  EXPECT_THAT(of("recall_macro"), DoubleNear((1 + 1 + 0.5) / 3, 1e-12));
  EXPECT_THAT(of("f1_macro"), DoubleNear((1 + 2.0 / 3 + 2.0 / 3) / 3, 1e-12));
  EXPECT_FALSE(custom_metric("f1_binary", margins, 3, labels));
}

TEST(CustomMetrics, OfNumbers) {
  const std::vector<float> predicted{2.5f, 0, 2, 8}, labels{3, -0.5f, 2, 7};
  EXPECT_THAT(*custom_metric("mse", predicted, 1, labels), DoubleNear(0.375, 1e-12));
  EXPECT_THAT(*custom_metric("r2", predicted, 1, labels), DoubleNear(0.9486081370449679, 1e-12));
  EXPECT_EQ(*custom_metric("r2", {}, 1, {}), 0);
}

}  // namespace
}  // namespace clary::training
