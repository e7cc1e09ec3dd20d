#include "serving/deployment.hpp"

#include <gtest/gtest.h>

namespace clary::serving {
namespace {

TEST(Deployment, StateSurvivesItsJson) {
  VariantSpec variant;
  variant.name = "AllTraffic";
  variant.model_name = "digits";
  variant.role_arn = "arn:aws:iam::000000000000:role/x";
  variant.container = {
      "image:1", "s3://b/model.tar.gz", {{"A", "1\n\"2\""}, {"SAGEMAKER_PROGRAM", "serve.py"}}, models::ModelDataForm::prefix};
  variant.instance_type = "ml.m4.xlarge";
  variant.initial_count = 2;
  variant.weight = 0.25;
  variant.startup_timeout_seconds = 90;
  EndpointState state{3, 7, Deployment{6, "old", {variant}}, std::nullopt, "why"};

  auto back = state_from_json(to_json(state));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->revision, 3);
  EXPECT_EQ(back->last_generation, 7);
  EXPECT_FALSE(back->target);
  EXPECT_EQ(back->failure_reason, "why");
  ASSERT_TRUE(back->serving);
  EXPECT_EQ(back->serving->generation, 6);
  EXPECT_EQ(back->serving->config_name, "old");
  ASSERT_EQ(back->serving->variants.size(), 1u);
  const auto& read = back->serving->variants[0];
  EXPECT_EQ(read.container.model_data_form, models::ModelDataForm::prefix);
  EXPECT_EQ(read.name, variant.name);
  EXPECT_EQ(read.role_arn, variant.role_arn);
  EXPECT_EQ(read.container.environment, variant.container.environment);
  EXPECT_EQ(read.container.model_data_url, variant.container.model_data_url);
  EXPECT_EQ(read.initial_count, 2);
  EXPECT_EQ(read.weight, 0.25);
  EXPECT_EQ(read.startup_timeout_seconds, 90);
}

TEST(Deployment, BrokenStateIsAnError) {
  EXPECT_FALSE(state_from_json(""));
  EXPECT_FALSE(state_from_json("[]"));
  EXPECT_FALSE(state_from_json("{\"last_generation\":1}"));
}

}  // namespace
}  // namespace clary::serving
