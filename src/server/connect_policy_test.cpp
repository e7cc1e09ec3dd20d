#include "server/connect_policy.hpp"

#include <gtest/gtest.h>

namespace clary::server {
namespace {

using Kind = http::ConnectDecision::Kind;

ConnectPolicy policy() {
  return {true, false, [](const std::string& bucket) { return bucket == "ours" || bucket == "with.dots"; }};
}

TEST(ConnectPolicy, EndsForTheExactNamesOfServicesServed) {
  for (const char* host : {"sts.us-east-1.amazonaws.com", "sts.amazonaws.com", "iam.amazonaws.com", "api.sagemaker.eu-west-1.amazonaws.com",
                           "runtime.sagemaker.ap-southeast-2.amazonaws.com", "s3.us-west-2.amazonaws.com", "logs.us-east-1.amazonaws.com",
                           "monitoring.us-east-1.amazonaws.com"})
    EXPECT_EQ(decide(policy(), host, 443).kind, Kind::terminate) << host;
}

TEST(ConnectPolicy, TunnelsEverythingElse) {
  for (const char* host : {"ec2.us-east-1.amazonaws.com", "sts.us-east-1.amazonaws.com.evil.example", "evil-sts.amazonaws.com", "pypi.example",
                           "sts.nowhere.amazonaws.com", "theirs.s3.us-east-1.amazonaws.com", "us-east-1.amazonaws.com"})
    EXPECT_EQ(decide(policy(), host, 443).kind, Kind::tunnel) << host;
  EXPECT_EQ(decide(policy(), "sts.us-east-1.amazonaws.com", 22).kind, Kind::tunnel);
}

TEST(ConnectPolicy, EndsForBucketsThatExistAndForTelemetry) {
  EXPECT_EQ(decide(policy(), "ours.s3.us-east-1.amazonaws.com", 443).kind, Kind::terminate);
  EXPECT_EQ(decide(policy(), "with.dots.s3.amazonaws.com", 443).kind, Kind::terminate);
  EXPECT_EQ(decide(policy(), "sm-pysdk-t-us-east-1.s3.us-east-1.amazonaws.com", 443).kind, Kind::terminate);
}

TEST(ConnectPolicy, SettingsTurnItOffOrWiden) {
  ConnectPolicy off = policy();
  off.enabled = false;
  EXPECT_EQ(decide(off, "sts.amazonaws.com", 443).kind, Kind::refuse);
  ConnectPolicy wide = policy();
  wide.all_amazon = true;
  EXPECT_EQ(decide(wide, "ec2.us-east-1.amazonaws.com", 443).kind, Kind::terminate);
  EXPECT_EQ(decide(wide, "pypi.example", 443).kind, Kind::tunnel);
}

}  // namespace
}  // namespace clary::server
