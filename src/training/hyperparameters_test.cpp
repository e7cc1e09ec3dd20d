#include "training/hyperparameters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "training/failure.hpp"
#include "training/hyperparameter_table.hpp"

namespace clary::training {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using Given = std::map<std::string, std::string>;

std::string complaint(Given given) {
  given.try_emplace("num_round", "10");
  const auto read = read_hyperparameters(given);
  return read ? "" : failure_text(read.error());
}

TEST(Hyperparameters, AreToldApart) {
  const auto read = read_hyperparameters({{"num_round", " 10 "},
                                          {"csv_weights", "1"},
                                          {"objective", "multi:softmax"},
                                          {"num_class", "3"},
                                          {"learning_rate", "0.2"},
                                          {"early_stopping_rounds", "5"},
                                          {"eval_metric", "merror,f1_macro,mlogloss"}});
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->rounds, 10);
  EXPECT_TRUE(read->csv_weights);
  EXPECT_EQ(read->early_stopping_rounds, 5);
  EXPECT_EQ(read->stopping_metric, "mlogloss");
  EXPECT_THAT(read->library_metrics, ElementsAre("merror", "mlogloss"));
  EXPECT_THAT(read->custom_metrics, ElementsAre("f1_macro"));
  EXPECT_THAT(read->library,
              ElementsAre(Pair("eta", "0.2"), Pair("num_class", "3"), Pair("objective", "multi:softmax")));
}

TEST(Hyperparameters, TheTunedMetricIsEvaluatedToo) {
  auto read = read_hyperparameters({{"num_round", "1"}, {"_tuning_objective_metric", "validation:auc"}});
  ASSERT_TRUE(read);
  EXPECT_THAT(read->library_metrics, ElementsAre("auc"));
  EXPECT_EQ(read->stopping_metric, "auc");
  read = read_hyperparameters({{"num_round", "1"},
                               {"objective", "binary:logistic"},
                               {"eval_metric", "logloss,auc"},
                               {"_tuning_objective_metric", "validation:error"}});
  ASSERT_TRUE(read);
  EXPECT_THAT(read->library_metrics, ElementsAre("auc", "error", "logloss"));  // sorted, as on every host
  EXPECT_EQ(read->stopping_metric, "error");
  EXPECT_THAT(complaint({{"_tuning_objective_metric", "train:auc"}}), HasSubstr("_tuning_objective_metric"));
}

TEST(Hyperparameters, WrongOnesAreRefusedInTheContainersWords) {
  const auto none = read_hyperparameters({{"eta", "0.1"}});
  ASSERT_FALSE(none);
  EXPECT_EQ(failure_text(none.error()), "ClientError: Missing required hyperparameter: num_round");
  EXPECT_EQ(complaint({{"num_trees", "3"}}), "ClientError: Extraneous hyperparameter found: num_trees");
  EXPECT_EQ(complaint({{"num_round", "many"}}),
            "ClientError: Hyperparameter num_round: could not parse value (caused by ValueError)");
  EXPECT_EQ(complaint({{"num_round", "0"}}), "ClientError: Hyperparameter num_round: 0 is not in [1, +inf)");
  EXPECT_EQ(complaint({{"num_round", "99999999999"}}),
            "ClientError: Hyperparameter num_round: 99999999999 is not in [1, +inf)");
  EXPECT_EQ(complaint({{"max_depth", "5.0"}}),
            "ClientError: Hyperparameter max_depth: could not parse value (caused by ValueError)");
  EXPECT_EQ(complaint({{"eta", "1.5"}}), "ClientError: Hyperparameter eta: 1.5 is not in [0, 1]");
  EXPECT_EQ(complaint({{"eta", "nan"}}), "ClientError: Hyperparameter eta: nan is not in [0, 1]");
  EXPECT_EQ(complaint({{"subsample", "0"}}), "ClientError: Hyperparameter subsample: 0 is not in (0, 1]");
  EXPECT_EQ(complaint({{"booster", "forest"}}),
            "ClientError: Hyperparameter booster: forest is not in ['gbtree', 'gblinear', 'dart']");
  EXPECT_THAT(complaint({{"eval_metric", "auc,vibes"}, {"objective", "binary:logistic"}}),
              HasSubstr("value vibes not in range"));
  EXPECT_THAT(complaint({{"eval_metric", "rmse@3"}}), HasSubstr("Metric 'rmse@3' is not supported."));
  EXPECT_THAT(complaint({{"eval_metric", "error@high"}}),
              HasSubstr("Threshold value 't' in 'error@t' expects float input."));
  EXPECT_THAT(complaint({{"monotone_constraints", "up"}, {"tree_method", "hist"}}), HasSubstr("could not parse value"));
  EXPECT_THAT(complaint({{"monotone_constraints", "(1, 2)"}, {"tree_method", "hist"}}),
              HasSubstr("not in range [-1, 0, 1]"));
}

TEST(Hyperparameters, SomeNeedOthers) {
  EXPECT_THAT(complaint({{"objective", "multi:softprob"}}), HasSubstr("Require input for parameter 'num_class'"));
  EXPECT_THAT(complaint({{"eval_metric", "auc"}, {"objective", "reg:squarederror"}}),
              HasSubstr("Metric 'auc' can only be applied for classification and ranking problems."));
  EXPECT_THAT(complaint({{"eval_metric", "aft-nloglik"}, {"objective", "reg:squarederror"}}),
              HasSubstr("'survival:aft'"));
  EXPECT_THAT(complaint({{"monotone_constraints", "(1,-1)"}}), HasSubstr("monotone_constraints can be used only when"));
  EXPECT_EQ(complaint({{"monotone_constraints", "(1,-1)"}, {"tree_method", "hist"}}), "");
  EXPECT_EQ(complaint({{"interaction_constraints", "[[1, 2], [3, 4]]"}, {"tree_method", "hist"}}), "");
  EXPECT_THAT(complaint({{"interaction_constraints", "[[0]]"}, {"tree_method", "hist"}}),
              HasSubstr("not in range [1, +inf)"));
  EXPECT_THAT(complaint({{"_kfold", "5"}}), HasSubstr("cross validation is not served here"));
  EXPECT_THAT(complaint({{"tree_method", "gpu_hist"}}), HasSubstr("there is no GPU"));
  EXPECT_EQ(complaint({{"updater", "grow_colmaker,prune"}}), "");
  EXPECT_THAT(complaint({{"updater", "grow_colmaker,grow_histmaker"}}), HasSubstr("Only one tree grow plugin"));
  EXPECT_THAT(complaint({{"updater", "prune"}, {"booster", "gblinear"}}), HasSubstr("Linear updater"));
  EXPECT_THAT(complaint({{"updater", "grow_colmaker"}, {"process_type", "update"}}),
              HasSubstr("'refresh' and 'prune'"));
}

TEST(Hyperparameters, MoreIsBetterOfSomeMetrics) {
  for (const char* metric : {"auc", "map", "ndcg@5", "f1", "accuracy"}) EXPECT_TRUE(is_maximized(metric)) << metric;
  for (const char* metric : {"rmse", "mape", "error@0.7", "logloss"}) EXPECT_FALSE(is_maximized(metric)) << metric;
}

TEST(Interval, SaysWhatItIs) {
  EXPECT_EQ((Interval{.from = 0, .from_open = true, .to = 1}).text(), "(0, 1]");
  EXPECT_EQ(Interval{}.text(), "(-inf, +inf)");
  EXPECT_TRUE(Interval{.from = 0}.holds(0));
  EXPECT_FALSE((Interval{.from = 0, .from_open = true}).holds(0));
  EXPECT_FALSE((Interval{.from = 1, .from_open = true, .to = 2, .to_open = true}).holds(2));
}

}  // namespace
}  // namespace clary::training
