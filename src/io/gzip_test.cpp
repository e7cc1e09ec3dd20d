#include "io/gzip.hpp"

#include <gtest/gtest.h>

namespace clary::io {
namespace {

std::string packed(std::string_view data) {
  std::string out;
  const ByteSink sink = [&](std::string_view piece) -> Outcome<void> {
    out += piece;
    return {};
  };
  GzipStream stream(sink);
  EXPECT_TRUE(stream.write(data).ok());
  EXPECT_TRUE(stream.close().ok());
  return out;
}

TEST(Gunzip, GivesBackWhatWasPacked) {
  std::string large;
  for (int i = 0; large.size() < 3'000'000; ++i) large += fmt::format("{{\"Value\": {}}},", i * 7919 % 10007);
  for (const std::string& data : {std::string(), std::string("x"), large, std::string(1'000'000, '\0')}) {
    auto back = gunzip(packed(data), data.size());
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_TRUE(*back == data) << data.size();
  }
}

TEST(Gunzip, StopsAtItsBound) {
  const std::string bomb = packed(std::string(50'000'000, 'a'));
  EXPECT_LT(bomb.size(), 500'000u);
  auto back = gunzip(bomb, 1'000'000);
  ASSERT_FALSE(back.ok());
  EXPECT_EQ(back.error().kind, ErrorKind::limit_exceeded);
  EXPECT_EQ(gunzip(packed("12345"), 4).error().kind, ErrorKind::limit_exceeded);
}

TEST(Gunzip, RefusesWhatIsNotGzip) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += fmt::format("{} ", i * i);
  const std::string whole = packed(text);
  auto refused = [](std::string_view data) {
    auto back = gunzip(data, 10'000'000);
    return !back.ok() && back.error().kind == ErrorKind::validation;
  };
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused("{\"Namespace\": \"x\"}"));
  for (std::size_t size : {std::size_t{1}, std::size_t{9}, std::size_t{10}, whole.size() / 2, whole.size() - 8, whole.size() - 1})
    EXPECT_TRUE(refused(std::string_view(whole).substr(0, size))) << size;
  EXPECT_TRUE(refused(whole + "more"));
  std::string wrong_sum = whole;
  wrong_sum[whole.size() - 6] ^= 1;
  EXPECT_TRUE(refused(wrong_sum));
  std::string broken = whole;
  for (std::size_t i = 100; i < 120; ++i) broken[i] = static_cast<char>(~broken[i]);
  EXPECT_TRUE(refused(broken));
}

}  // namespace
}  // namespace clary::io
