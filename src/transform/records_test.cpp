#include "transform/records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "objects/crc.hpp"

namespace clary::transform {
namespace {

using testing::ElementsAre;

// Gives `text` in pieces of `piece` bytes.
io::ByteSource source_of(std::string text, std::size_t piece = 3) {
  return [text = std::move(text), piece, at = std::size_t{0}](char* to, std::size_t room) mutable -> Outcome<std::size_t> {
    const std::size_t count = text.copy(to, std::min(piece, room), at);
    at += count;
    return count;
  };
}

struct Read {
  std::vector<std::string> raw, data;
  std::vector<std::uint64_t> numbers;
  std::string error;
  std::uint64_t failed_at = 0, empty_lines = 0;
};

Read read_all(Split split, const std::string& text, std::size_t longest = 1000, std::size_t piece = 3) {
  Read read;
  RecordReader reader(split, source_of(text, piece), longest);
  while (true) {
    auto record = reader.next();
    if (!record) {
      read.error = record.error().message;
      read.failed_at = reader.number();
      break;
    }
    if (!*record) break;
    read.raw.emplace_back((*record)->raw);
    read.data.emplace_back((*record)->data);
    read.numbers.push_back(reader.number());
  }
  read.empty_lines = reader.empty_lines();
  return read;
}

std::string little(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

std::string recordio(const std::string& data, std::uint32_t part = 0) {
  std::string text = little(0xced7230a, 4) + little(part << 29 | static_cast<std::uint32_t>(data.size()), 4) + data;
  while (text.size() % 4 != 0) text += '\0';
  return text;
}

std::string masked(const std::string& data) {
  const auto crc = static_cast<std::uint32_t>(objects::Crc::crc32c().update(0, data));
  return little(((crc >> 15) | (crc << 17)) + 0xa282ead8u, 4);
}

std::string tfrecord(const std::string& data) {
  const std::string length = little(data.size(), 8);
  return length + masked(length) + data + masked(data);
}

TEST(Lines, KeepTheirEndsAndLeaveOutEmptyOnes) {
  const auto read = read_all(Split::line, "1,2\r\n\n3,4\n\r\n5");
  EXPECT_THAT(read.raw, ElementsAre("1,2\r\n", "3,4\n", "5"));
  EXPECT_THAT(read.data, ElementsAre("1,2", "3,4", "5"));
  EXPECT_THAT(read.numbers, ElementsAre(1, 3, 5));
  EXPECT_EQ(read.empty_lines, 2u);
}

TEST(Lines, AByteOrderMarkIsNoPartOfTheFirst) {
  EXPECT_THAT(read_all(Split::line, "\xEF\xBB\xBF" "1\n2\n").data, ElementsAre("1", "2"));
  EXPECT_THAT(read_all(Split::line, "\xEF\xBB").data, ElementsAre("\xEF\xBB"));
}

TEST(Lines, ThatAreTooLongAreNamed) {
  const auto read = read_all(Split::line, "12\n12345\n1\n", 5);
  EXPECT_THAT(read.data, ElementsAre("12"));
  EXPECT_EQ(read.failed_at, 2u);
  EXPECT_THAT(read.error, testing::HasSubstr("MaxPayloadInMB"));
  EXPECT_EQ(read_all(Split::line, "1234\n", 5).data.size(), 1u);
}

TEST(Lines, OfALargeFileAreTheSameHoweverItComes) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += std::to_string(i) + ",x\n";
  const auto read = read_all(Split::line, text, 1000, 100'000);
  ASSERT_EQ(read.data.size(), 200'000u);
  EXPECT_EQ(read.data[199'999], "199999,x");
}

TEST(Lines, ThereAreNoneInAnEmptyFile) {
  EXPECT_TRUE(read_all(Split::line, "").data.empty());
  EXPECT_TRUE(read_all(Split::none, "").data.empty());
  EXPECT_TRUE(read_all(Split::recordio, "").data.empty());
  EXPECT_TRUE(read_all(Split::tfrecord, "").data.empty());
}

TEST(RecordIo, IsReadWithItsPadding) {
  const std::string one = recordio("abcde"), two = recordio("four");
  const auto read = read_all(Split::recordio, one + two);
  EXPECT_EQ(read.error, "");
  EXPECT_THAT(read.raw, ElementsAre(one, two));
  EXPECT_THAT(read.data, ElementsAre("abcde", "four"));
}

TEST(RecordIo, PartsAreJoinedByTheMagicNumberThatCutThem) {
  const std::string text = recordio("ab", 1) + recordio("cd", 2) + recordio("ef", 3) + recordio("next");
  const auto read = read_all(Split::recordio, text);
  EXPECT_EQ(read.error, "");
  EXPECT_THAT(read.data, ElementsAre("ab\x0a\x23\xd7\xce" "cd\x0a\x23\xd7\xce" "ef", "next"));
  EXPECT_THAT(read.numbers, ElementsAre(1, 2));
}

TEST(RecordIo, WhatIsNoneIsAnError) {
  EXPECT_THAT(read_all(Split::recordio, "not recordio at all").error, testing::HasSubstr("magic number"));
  EXPECT_THAT(read_all(Split::recordio, recordio("abcd").substr(0, 10)).error, testing::HasSubstr("ends within"));
  EXPECT_THAT(read_all(Split::recordio, recordio("ab", 2)).error, testing::HasSubstr("order"));
  EXPECT_THAT(read_all(Split::recordio, recordio("ab", 1) + recordio("cd")).error, testing::HasSubstr("order"));
  EXPECT_THAT(read_all(Split::recordio, recordio(std::string(2000, 'x'))).error, testing::HasSubstr("MaxPayloadInMB"));
  const auto read = read_all(Split::recordio, recordio("ok") + "12345678");
  EXPECT_EQ(read.failed_at, 2u);
}

TEST(TfRecord, IsReadAndItsSumsAreChecked) {
  const std::string one = tfrecord("hello"), two = tfrecord("");
  const auto read = read_all(Split::tfrecord, one + two);
  EXPECT_EQ(read.error, "");
  EXPECT_THAT(read.raw, ElementsAre(one, two));
  EXPECT_THAT(read.data, ElementsAre("hello", ""));

  std::string wrong = one + one;
  wrong[one.size() + 13] ^= 1;
  EXPECT_EQ(read_all(Split::tfrecord, wrong).failed_at, 2u);
  EXPECT_THAT(read_all(Split::tfrecord, wrong).error, testing::HasSubstr("checksum of its bytes"));
  wrong = one;
  wrong[0] ^= 1;
  EXPECT_THAT(read_all(Split::tfrecord, wrong).error, testing::HasSubstr("checksum of its length"));
  EXPECT_THAT(read_all(Split::tfrecord, one.substr(0, 14)).error, testing::HasSubstr("ends within"));
}

TEST(TfRecord, ALengthThatWrapsAroundIsTooLong) {
  const std::string length = little(~std::uint64_t{0}, 8);
  EXPECT_THAT(read_all(Split::tfrecord, length + masked(length) + "xxxxxxxx").error, testing::HasSubstr("MaxPayloadInMB"));
}

TEST(WholeFiles, AreOneRecord) {
  EXPECT_THAT(read_all(Split::none, "a\nb\n\n").raw, ElementsAre("a\nb\n\n"));
  EXPECT_THAT(read_all(Split::none, "123456", 5).error, testing::HasSubstr("MaxPayloadInMB"));
}

}  // namespace
}  // namespace clary::transform
