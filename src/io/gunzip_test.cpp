#include "io/gunzip.hpp"

#include <gtest/gtest.h>

#include "io/gzip.hpp"

namespace clary::io {
namespace {

std::string packed(const std::string& text) {
  std::string out;
  const ByteSink sink = [&](std::string_view data) -> Outcome<void> {
    out += data;
    return {};
  };
  GzipStream stream(sink);
  EXPECT_TRUE(stream.write(text));
  EXPECT_TRUE(stream.close());
  return out;
}

Outcome<std::string> unpacked(const std::string& text, std::size_t piece, std::size_t room) {
  std::size_t at = 0;
  GunzipStream stream([&](char* to, std::size_t most) -> Outcome<std::size_t> {
    const std::size_t count = text.copy(to, std::min(piece, most), at);
    at += count;
    return count;
  });
  std::string out, buffer(room, '\0');
  while (true) {
    TRY(const std::size_t got, stream.read(buffer.data(), buffer.size()));
    if (got == 0) return out;
    out.append(buffer, 0, got);
  }
}

// A call of the decompressor costs the same for one byte as for many: few for the small pieces.
std::string numbers(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += std::to_string(7919LL * i) + "\n";
  return text;
}

TEST(Gunzip, GivesWhatWasPackedHoweverItIsCut) {
  struct Way {
    int count;
    std::size_t piece, room;
  };
  for (const auto& [count, piece, room] : {Way{300'000, 100'000, 100'000}, Way{2'000, 7, 65'536}, Way{20'000, 1'000'000, 1'000}}) {
    const std::string text = numbers(count);
    auto got = unpacked(packed(text), piece, room);
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_TRUE(*got == text) << piece;
  }
}

TEST(Gunzip, ReadsOneMemberAfterTheOther) {
  const std::string gz = packed("first\n") + packed("") + packed(numbers(2'000));
  for (const std::size_t piece : {1ul, 13ul, 1'000'000ul}) {
    auto got = unpacked(gz, piece, 4096);
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_TRUE(*got == "first\n" + numbers(2'000)) << piece;
  }
}

TEST(Gunzip, WhatIsDamagedCutShortOrNoneIsAnError) {
  std::string gz = packed(numbers(2'000));
  EXPECT_FALSE(unpacked(gz.substr(0, gz.size() - 3), 1000, 1000));
  EXPECT_FALSE(unpacked(gz.substr(0, gz.size() / 2), 1000, 1000));
  EXPECT_FALSE(unpacked("no gzip at all, and long enough", 1000, 1000));
  gz[gz.size() - 6] ^= 1;
  EXPECT_FALSE(unpacked(gz, 1000, 1000));
  EXPECT_EQ(*unpacked("", 10, 10), "");
}

TEST(Gunzip, GivesAWholeStream) {
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

TEST(Gunzip, AWholeStreamIsAllOfIt) {
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
