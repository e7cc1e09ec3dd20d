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

std::string numbers() {
  std::string text;
  for (int i = 0; i < 300'000; ++i) text += std::to_string(i * 7919) + "\n";
  return text;
}

TEST(Gunzip, GivesWhatWasPackedHoweverItIsCut) {
  const std::string text = numbers(), gz = packed(text);
  for (const auto& [piece, room] : {std::pair{100'000ul, 100'000ul}, {7ul, 65'536ul}, {1'000'000ul, 1'000ul}}) {
    auto got = unpacked(gz, piece, room);
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_TRUE(*got == text) << piece;
  }
}

TEST(Gunzip, ReadsOneMemberAfterTheOther) {
  const std::string gz = packed("first\n") + packed("") + packed(numbers());
  for (const std::size_t piece : {1ul, 13ul, 1'000'000ul}) {
    auto got = unpacked(gz, piece, 4096);
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_TRUE(*got == "first\n" + numbers()) << piece;
  }
}

TEST(Gunzip, WhatIsDamagedCutShortOrNoneIsAnError) {
  std::string gz = packed(numbers());
  EXPECT_FALSE(unpacked(gz.substr(0, gz.size() - 3), 1000, 1000));
  EXPECT_FALSE(unpacked(gz.substr(0, gz.size() / 2), 1000, 1000));
  EXPECT_FALSE(unpacked("no gzip at all, and long enough", 1000, 1000));
  gz[gz.size() - 6] ^= 1;
  EXPECT_FALSE(unpacked(gz, 1000, 1000));
  EXPECT_EQ(*unpacked("", 10, 10), "");
}

}  // namespace
}  // namespace clary::io
