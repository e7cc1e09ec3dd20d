#include "serving/restart_policy.hpp"

#include <gtest/gtest.h>

namespace clary::serving {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RestartPolicy, WaitsGrowUpToAMinute) {
  EXPECT_EQ(restart_delay(0), milliseconds(0));
  EXPECT_EQ(restart_delay(1), milliseconds(100));
  EXPECT_EQ(restart_delay(2), milliseconds(200));
  EXPECT_EQ(restart_delay(5), milliseconds(1600));
  EXPECT_EQ(restart_delay(11), seconds(60));
  EXPECT_EQ(restart_delay(1000000), seconds(60));
}

TEST(RestartPolicy, ServingForAMinuteForgetsEarlierEnds) {
  EXPECT_EQ(ends_in_a_row(0, seconds(0)), 1);
  EXPECT_EQ(ends_in_a_row(4, seconds(59)), 5);
  EXPECT_EQ(ends_in_a_row(4, seconds(60)), 1);
}

TEST(RestartPolicy, ASilentReplicaIsGivenUpSoonerWhenNobodyListens) {
  EXPECT_FALSE(give_up({seconds(1), true, false}));
  EXPECT_TRUE(give_up({seconds(2), true, false}));
  EXPECT_TRUE(give_up({seconds(2), true, true}));
  EXPECT_FALSE(give_up({seconds(29), false, false}));
  EXPECT_TRUE(give_up({seconds(30), false, false}));
  EXPECT_FALSE(give_up({seconds(60), false, true}));
  EXPECT_TRUE(give_up({seconds(120), false, true}));
}

}  // namespace
}  // namespace clary::serving
