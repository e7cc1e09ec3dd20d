#include "services/s3/conditions.hpp"

#include <gtest/gtest.h>

namespace clary::services::s3 {
namespace {

objects::Object object() {
  objects::Object made;
  made.etag = "abc";
  made.modified = Time{1'700'000'000'500'000};
  return made;
}

http::Headers with(std::initializer_list<std::pair<std::string, std::string>> fields) {
  http::Headers headers;
  for (const auto& [name, value] : fields) headers.add(name, value);
  return headers;
}

const std::string same = to_http_date(Time{1'700'000'000'000'000}), before = to_http_date(Time{1'600'000'000'000'000}),
                  after = to_http_date(Time{1'800'000'000'000'000});

TEST(Conditions, OfReads) {
  auto verdict = [](std::initializer_list<std::pair<std::string, std::string>> fields) -> std::string {
    auto checked = check_conditions(with(fields), object(), "");
    if (!checked) return checked.error().fields.front().second;
    return *checked == Verdict::not_modified ? "304" : "200";
  };
  EXPECT_EQ(verdict({}), "200");
  EXPECT_EQ(verdict({{"If-Match", "\"abc\""}}), "200");
  EXPECT_EQ(verdict({{"If-Match", "abc"}}), "200");
  EXPECT_EQ(verdict({{"If-Match", "\"x\", \"abc\""}}), "200");
  EXPECT_EQ(verdict({{"If-Match", "\"x\""}}), "If-Match");
  EXPECT_EQ(verdict({{"If-None-Match", "*"}}), "304");
  EXPECT_EQ(verdict({{"If-None-Match", "W/\"abc\""}}), "304");
  EXPECT_EQ(verdict({{"If-Modified-Since", same}}), "304");
  EXPECT_EQ(verdict({{"If-Modified-Since", before}}), "200");
  EXPECT_EQ(verdict({{"If-Modified-Since", "yesterday"}}), "200");
  EXPECT_EQ(verdict({{"If-Unmodified-Since", same}}), "200");
  EXPECT_EQ(verdict({{"If-Unmodified-Since", before}}), "If-Unmodified-Since");
  EXPECT_EQ(verdict({{"If-Match", "abc"}, {"If-Unmodified-Since", before}}), "200");
  EXPECT_EQ(verdict({{"If-None-Match", "x"}, {"If-Modified-Since", after}}), "200");
}

TEST(Conditions, OfCopySources) {
  for (auto field : {std::pair<std::string, std::string>{"x-amz-copy-source-if-match", "x"},
                     {"x-amz-copy-source-if-none-match", "abc"},
                     {"x-amz-copy-source-if-modified-since", after},
                     {"x-amz-copy-source-if-unmodified-since", before}}) {
    auto checked = check_conditions(with({field}), object(), "x-amz-copy-source-");
    ASSERT_FALSE(checked.ok()) << field.first;
    EXPECT_EQ(checked.error().code, "PreconditionFailed");
  }
  EXPECT_TRUE(check_conditions(with({{"If-Match", "x"}}), object(), "x-amz-copy-source-").ok());
}

TEST(Conditions, OfWrites) {
  EXPECT_TRUE(write_condition(with({{"If-None-Match", "*"}}))->if_none_match);
  EXPECT_EQ(write_condition(with({{"If-Match", "\"abc\""}}))->if_match, "abc");
  EXPECT_FALSE(write_condition(with({{"If-None-Match", "\"abc\""}})).ok());
  EXPECT_FALSE(write_condition(with({{"If-None-Match", "*"}, {"If-Match", "\"abc\""}})).ok());
}

std::string range_of(std::string_view header, std::uint64_t size) {
  auto range = read_range(header, size);
  if (!range) return range.error().code;
  return *range ? fmt::format("{}+{}", (*range)->first, (*range)->length) : "all";
}

TEST(Ranges, AsClientsWriteThem) {
  EXPECT_EQ(range_of("bytes=0-9", 100), "0+10");
  EXPECT_EQ(range_of("bytes=90-", 100), "90+10");
  EXPECT_EQ(range_of("bytes=90-1000", 100), "90+10");
  EXPECT_EQ(range_of("bytes=-10", 100), "90+10");
  EXPECT_EQ(range_of("bytes=-1000", 100), "0+100");
  EXPECT_EQ(range_of("bytes=0-18446744073709551615", 100), "0+100");
}

TEST(Ranges, PassedOver) {
  for (const char* header : {"", "bytes", "bytes=", "bytes=-", "bytes=5", "bytes=9-5", "bytes=a-b", "bytes=1-2,4-5",
                             "pages=1-2", "bytes=1-2x", "bytes=99999999999999999999-", "bytes=--1"}) {
    EXPECT_EQ(range_of(header, 100), "all") << header;
  }
}

TEST(Ranges, NotToBeHad) {
  EXPECT_EQ(range_of("bytes=100-", 100), "InvalidRange");
  EXPECT_EQ(range_of("bytes=-0", 100), "InvalidRange");
  EXPECT_EQ(range_of("bytes=0-0", 0), "InvalidRange");
  EXPECT_EQ(range_of("bytes=-5", 0), "InvalidRange");
}

TEST(Ranges, OfCopies) {
  EXPECT_EQ(read_copy_range("bytes=5-9")->length, 5u);
  for (const char* header : {"", "bytes=5-", "bytes=-5", "bytes=9-5", "5-9", "bytes=0-18446744073709551615"}) {
    EXPECT_FALSE(read_copy_range(header).ok()) << header;
  }
}

}  // namespace
}  // namespace clary::services::s3
