#include "services/first_look.hpp"

#include <gtest/gtest.h>

namespace clary::services {
namespace {

using namespace std::chrono_literals;

TEST(FirstLook, IsOneAKeyAndResource) {
  FirstLook looks(10s);
  EXPECT_TRUE(looks.is_first("key", "arn", 1));
  EXPECT_FALSE(looks.is_first("key", "arn", 1));
  EXPECT_TRUE(looks.is_first("other", "arn", 1));
  EXPECT_TRUE(looks.is_first("key", "arn2", 1));
  EXPECT_TRUE(looks.is_first("key", "arn", 2)) << "another resource, made under the same name";
}

TEST(FirstLook, TheConsoleDoesNotWait) {
  FirstLook looks(10s);
  EXPECT_FALSE(looks.is_first("ASIACONSOLEABCDEFGHI", "arn", 1));
  EXPECT_TRUE(looks.is_first("ASIAABCDEFGHIJKLMNOP", "arn", 1));
}

TEST(FirstLook, ZeroTurnsItOff) {
  FirstLook looks(0s);
  EXPECT_FALSE(looks.is_first("key", "arn", 1));
}

TEST(FirstLook, ForgetsTheOldestWhenItIsFull) {
  FirstLook looks(10s, 2);
  for (int id : {1, 2, 3}) EXPECT_TRUE(looks.is_first("key", "arn", id));
  EXPECT_FALSE(looks.is_first("key", "arn", 3));
  EXPECT_FALSE(looks.is_first("key", "arn", 2));
  EXPECT_TRUE(looks.is_first("key", "arn", 1));
}

TEST(FirstLook, EndWakesAllWhoWaitForThatResource) {
  FirstLook looks(10s);
  int woken = 0;
  auto wake = [&] { ++woken; };
  auto first = looks.hold("arn", wake), second = looks.hold("arn", wake), other = looks.hold("arn2", wake);
  auto gone = looks.hold("arn", wake);
  gone.reset();
  looks.end("arn");
  EXPECT_EQ(woken, 2);
  first.reset();
  second.reset();
  looks.end("arn");
  EXPECT_EQ(woken, 2);
}

TEST(FirstLook, AWakeMayLetGoOfItsHandle) {
  FirstLook looks(10s);
  std::shared_ptr<void> held;
  held = looks.hold("arn", [&] { held.reset(); });
  looks.end("arn");
  EXPECT_EQ(held, nullptr);
}

}  // namespace
}  // namespace clary::services
