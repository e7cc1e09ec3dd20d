// Files as pyarrow writes them, and what is none. The bytes below were written by pyarrow 22 with
//   pq.write_table(pa.table({"y": [1.0, 0.0, 1.0], "a": pa.array([5, None, 7], pa.int32()), "b": [True, False, True]}), ...)
#include "training/parquet.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.hpp"
#include "training/run_lengths.hpp"
#include "training/unpack.hpp"

namespace clary::training {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const char* const snappy_dictionary =
    "UEFSMRUEFSAVJEwVBBUAEgAAEDwAAAAAAADwPwAAAAAAAAAAFQAVEhUWLBUGFRAVBhUGHAAAAAkgAgAAAAYBAQMCFQQVEBUUTBUEFQASAAAIHA"
    "UAAAAHAAAAFQAVEhUWLBUGFRAVBhUGHAAAAAkgAgAAAAMFAQMCFQAVDhUSLBUGFQAVBhUGHAAAAAcYAgAAAAYBBRUEGUw1ABgGc2NoZW1hFQYA"
    "FQolAhgBeQAVAiUCGAFhABUAJQIYAWIAFgYZHBk8JgAcFQoZNQAGEBkYAXkVAhYGFnQWfCZIJggpLBUEFQAVAgAVABUQFQIAPCkGGSYABgAAAC"
    "YAHBUCGTUABhAZGAFhFQIWBhZkFmwmtAEmhAEpLBUEFQAVAgAVABUQFQIAPCkGGSYCBAAAACYAHBUAGSUGABkYAWIVAhYGFjQWOCbwAUkcFQAV"
    "ABUCADwpBhkmAAYAAAAWjAIWBiYIFqACACggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lvbiAyMi4wLjAZPBwAABwAABwAAAD9AAAAUEFSMQ==";
const char* const plain_gzip_v2 =
    "UEFSMRUGFTQVNFwVBhUAFQYVABUEFQASHAAAAAYBAAAAAAAA8D8AAAAAAAAAAAAAAAAAAPA/FQYVFBUUXBUGFQIVBhUAFQQVABIcAAAAAwUFAA"
    "AABwAAABUGFRAVEFwVBhUAFQYVBhUEFQASHAAAAAYBAgAAAAMFFQQZTDUAGAZzY2hlbWEVBgAVCiUCGAF5ABUCJQIYAWEAFQAlAhgBYgAWBhkc"
    "GTwmABwVChklBgAZGAF5FQQWBhZkFmQmCEkcFQAVABUCADwpBhkmAAYAAAAmABwVAhklBgAZGAFhFQQWBhZEFkQmbEkcFQAVABUCADwpBhkmAg"
    "QAAAAmABwVABkVBhkYAWIVBBYGFkAWQCawAUkcFQAVBhUCADwpBhkmAAYAAAAW6AEWBiYIFugBACggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lv"
    "biAyMi4wLjAZPBwAABwAABwAAADmAAAAUEFSMQ==";
const char* const zstd =
    "UEFSMRUEFSAVMkwVBBUAEgAAKLUv/SAQgQAAAAAAAAAA8D8AAAAAAAAAABUAFRIVJCwVBhUQFQYVBhwAAAAotS/9IAlJAAACAAAABgEBAwIVBB"
    "UQFSJMFQQVABIAACi1L/0gCEEAAAUAAAAHAAAAFQAVEhUkLBUGFRAVBhUGHAAAACi1L/0gCUkAAAIAAAADBQEDAhUAFQ4VICwVBhUAFQYVBhwA"
    "AAAotS/9IAc5AAACAAAABgEFFQQZTDUAGAZzY2hlbWEVBgAVCiUCGAF5ABUCJQIYAWEAFQAlAhgBYgAWBhkcGTwmABwVChk1AAYQGRgBeRUMFg"
    "YWdBaYASZWJggpLBUEFQAVAgAVABUQFQIAPCkGGSYABgAAACYAHBUCGTUABhAZGAFhFQwWBhZkFogBJt4BJqABKSwVBBUAFQIAFQAVEBUCADwp"
    "BhkmAgQAAAAmABwVABklBgAZGAFiFQwWBhY0FkYmqAJJHBUAFQAVAgA8KQYZJgAGAAAAFowCFgYmCBbmAgAoIHBhcnF1ZXQtY3BwLWFycm93IH"
    "ZlcnNpb24gMjIuMC4wGTwcAAAcAAAcAAAA/wAAAFBBUjE=";
// Two records whose column `a` has no value at all; and one whose `a` is a time in nanoseconds (by pyarrow 25.0.1).
const char* const missing_zstd =
    "UEFSMRUEFSAVMkwVBBUAEgAAKLUv/SAQgQAAAAAAAAAA8D8AAAAAAAAAABUAFRIVJCwVBBUQFQYVBhwYCAAAAAAAAPA/GAgAAAAAAAAAgBYAKA"
    "gAAAAAAADwPxgIAAAAAAAAAIAREQAAACi1L/0gCUkAAAIAAAAEAQEDAhUEFQAVEkwVABUAEgAAKLUv/SAAAQAAFQAVDhUgLBUEFRAVBhUGHDYE"
    "AAAAKLUv/SAHOQAAAgAAAAQAABUEGTw1ABgGc2NoZW1hFQQAFQolAhgBeQAVCiUCGAFhABYEGRwZLCYAHBUKGTUABhAZGAF5FQwWBBbMARbwAS"
    "ZWJggcGAgAAAAAAADwPxgIAAAAAAAAAIAWACgIAAAAAAAA8D8YCAAAAAAAAACAEREAGSwVBBUAFQIAFQAVEBUCADwpBhkmAAQAAAAmABwVChk1"
    "AAYQGRgBYRUMFgQWVBZ4JqYCJvgBHDYEABksFQQVABUCABUAFRAVAgA8KQYZJgQAAAAAFqACFgQmCBboAgAoIHBhcnF1ZXQtY3BwLWFycm93IH"
    "ZlcnNpb24gMjUuMC4xGSwcAAAcAAAA+wAAAFBBUjE=";
const char* const missing_zstd_v2 =
    "UEFSMRUEFSAVMkwVBBUAEgAAKLUv/SAQgQAAAAAAAAAA8D8AAAAAAAAAABUGFQoVClwVBBUAFQQVEBUEFQASHBgIAAAAAAAA8D8YCAAAAAAAAA"
    "CAFgAoCAAAAAAAAPA/GAgAAAAAAAAAgBERAAAABAEBAwIVBBUAFRJMFQAVABIAACi1L/0gAAEAABUGFQYVBlwVBBUEFQQVEBUEFQASHDYEAAAA"
    "BAAAFQQZPDUAGAZzY2hlbWEVBAAVCiUCGAF5ABUKJQIYAWEAFgQZHBksJgAcFQoZNQAGEBkYAXkVDBYEFs4BFuABJlYmCBwYCAAAAAAAAPA/GA"
    "gAAAAAAAAAgBYAKAgAAAAAAADwPxgIAAAAAAAAAIAREQAZLBUEFQAVAgAVABUQFQIAPCkGGSYABAAAACYAHBUKGTUABhAZGAFhFQwWBBZWFmgm"
    "lgIm6AEcNgQAGSwVBBUAFQIAFQAVEBUCADwpBhkmBAAAAAAWpAIWBCYIFsgCACggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lvbiAyNS4wLjEZLB"
    "wAABwAAAD7AAAAUEFSMQ==";
const char* const nanoseconds =
    "UEFSMRUAFRwVHCwVAhUAFQYVBhwYCAAAAAAAAPA/GAgAAAAAAADwPxYAKAgAAAAAAADwPxgIAAAAAAAA8D8REQAAAAIAAAACAQAAAAAAAPA/FQ"
    "AVHBUcLBUCFQAVBhUGHBgIBQAAAAAAAAAYCAUAAAAAAAAAFgAoCAUAAAAAAAAAGAgFAAAAAAAAABERAAAAAgAAAAIBBQAAAAAAAAAVBBk8NQAY"
    "BnNjaGVtYRUEABUKJQIYAXkAFQQlAhgBYWyMEhw8AAAAAAAWAhkcGSwmABwVChklBgAZGAF5FQAWAhaaARaaASYIPBgIAAAAAAAA8D8YCAAAAA"
    "AAAPA/FgAoCAAAAAAAAPA/GAgAAAAAAADwPxERABkcFQAVABUCADwpBhkmAAIAAAAmABwVBBklBgAZGAFhFQAWAhaaARaaASaiATwYCAUAAAAA"
    "AAAAGAgFAAAAAAAAABYAKAgFAAAAAAAAABgIBQAAAAAAAAAREQAZHBUAFQAVAgA8KQYZJgACAAAAFrQCFgImCBa0AgAoIHBhcnF1ZXQtY3BwLW"
    "Fycm93IHZlcnNpb24gMjUuMC4xGSwcAAAcAAAAGwEAAFBBUjE=";
const char* const words =
    "UEFSMRUEFRAVFEwVAhUAEgAACBwAAAAAAADwPxUAFRIVFiwVAhUQFQYVBhwAAAAJIAIAAAACAQECABUEFQ4VEkwVAhUAEgAABxgDAAAAY2F0FQ"
    "AVEhUWLBUCFRAVBhUGHAAAAAkgAgAAAAIBAQIAFQQZPDUAGAZzY2hlbWEVBAAVCiUCGAF5ABUMJQIYAWElAEwcAAAAFgIZHBksJgAcFQoZNQAG"
    "EBkYAXkVAhYCFmQWbCY4JggpLBUEFQAVAgAVABUQFQIAPCkGGSYAAgAAACYAHBUMGTUABhAZGAFhFQIWAhZiFmomogEmdCksFQQVABUCABUAFR"
    "AVAgA8FgYZBhkmAAIAAAAWxgEWAiYIFtYBACggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lvbiAyMi4wLjAZLBwAABwAAADOAAAAUEFSMQ==";

void expect_the_table(const char* base64) {
  const std::string bytes = *from_base64(base64);
  Rows rows;
  const auto read = add_parquet(rows, {"part.parquet", bytes});
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(rows.columns, 2u);
  EXPECT_THAT(rows.labels, ElementsAre(1, 0, 1));
  ASSERT_EQ(rows.values.size(), 6u);
  EXPECT_THAT((std::vector<float>{rows.values[0], rows.values[1], rows.values[3], rows.values[4], rows.values[5]}),
              ElementsAre(5, 1, 0, 7, 1));
  EXPECT_TRUE(std::isnan(rows.values[2]));
}

TEST(Parquet, InEachForm) {
  expect_the_table(snappy_dictionary);
  expect_the_table(plain_gzip_v2);
  expect_the_table(zstd);
}

TEST(Parquet, SeveralFilesMakeOneTable) {
  const std::string bytes = *from_base64(snappy_dictionary);
  Rows rows;
  ASSERT_TRUE(add_parquet(rows, {"a", bytes}));
  ASSERT_TRUE(add_parquet(rows, {"b", bytes}));
  EXPECT_EQ(rows.count(), 6u);
  rows.columns = 5;
  EXPECT_THAT(add_parquet(rows, {"c", bytes}).error().message,
              HasSubstr("c: it has 3 columns, where the first file has 6"));
}

TEST(Parquet, AColumnWithoutAnyValueIsMissing) {
  for (const char* text : {missing_zstd, missing_zstd_v2}) {
    Rows rows;
    auto added = add_parquet(rows, {"missing", *from_base64(text)});
    ASSERT_TRUE(added) << added.error().message;
    EXPECT_THAT(rows.labels, ElementsAre(1, 0));
    ASSERT_EQ(rows.values.size(), 2u);
    EXPECT_TRUE(std::isnan(rows.values[0]) && std::isnan(rows.values[1]));
  }
}

TEST(Parquet, ATimeIsNoNumber) {
  Rows rows;
  EXPECT_THAT(add_parquet(rows, {"times", *from_base64(nanoseconds)}).error().message, HasSubstr("the column a holds no numbers"));
}

TEST(Parquet, WhatIsNoneIsRefused) {
  const std::string bytes = *from_base64(snappy_dictionary);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Rows rows;
    EXPECT_FALSE(add_parquet(rows, {"cut", bytes.substr(0, size)})) << size;
  }
  Rows rows;
  EXPECT_THAT(add_parquet(rows, {"t.csv", "1,2,3\n1,2,3\n1,2,3\n"}).error().message,
              HasSubstr("Failed to load parquet data with exception:\nt.csv: it is no Parquet file"));
  EXPECT_THAT(add_parquet(rows, {"words", *from_base64(words)}).error().message,
              HasSubstr("the column a holds no numbers"));
  rows = {};
  EXPECT_THAT(add_parquet(rows, {"big", bytes}, 4).error().message, HasSubstr("too many values"));
}

// Numbers, eight or a multiple of it, as a packed run: bit after bit, the lowest first.
std::string packed_run(const std::vector<std::uint32_t>& numbers, unsigned width) {
  std::string bytes((numbers.size() * width + 7) / 8, '\0');
  std::size_t at = 0;
  for (const std::uint32_t number : numbers) {
    for (unsigned bit = 0; bit < width; ++bit, ++at)
      bytes[at / 8] = static_cast<char>(static_cast<unsigned char>(bytes[at / 8]) | (number >> bit & 1) << (at % 8));
  }
  return static_cast<char>(numbers.size() / 8 << 1 | 1) + bytes;
}

// One number so often, up to 63 times.
std::string repeated_run(std::uint32_t number, std::size_t times, unsigned width) {
  std::string bytes(1, static_cast<char>(times << 1));
  for (unsigned at = 0; at < width; at += 8) bytes += static_cast<char>(number >> at & 0xFF);
  return bytes;
}

TEST(RunLengths, OfEveryWidth) {
  for (unsigned width = 0; width <= 32; ++width) {
    const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
    std::uint32_t seed = width + 1;
    const auto number = [&] {
      seed = seed * 1664525 + 1013904223;
      return static_cast<std::uint32_t>((seed ^ seed >> 13) & mask);
    };
    std::vector<std::uint32_t> eight, many, all;
    for (int i = 0; i < 8; ++i) eight.push_back(number());
    for (int i = 0; i < 88; ++i) many.push_back(number());
    const std::uint32_t same = number();
    all = eight;
    all.insert(all.end(), 50, same);
    all.insert(all.end(), many.begin(), many.end());
    all.insert(all.end(), eight.begin(), eight.end());
    const std::string bytes =
        packed_run(eight, width) + repeated_run(same, 50, width) + packed_run(many, width) + packed_run(eight, width);
    std::vector<std::uint32_t> read;
    RunLengths runs(bytes, width);
    for (std::uint32_t value = 0; read.size() <= all.size() && runs.next(value);) read.push_back(value);
    EXPECT_EQ(read, all) << width;
    std::uint32_t value = 0;
    EXPECT_FALSE(runs.next(value));
  }
}

TEST(RunLengths, ARunWhoseBytesAreNotThereIsNone) {
  const std::string bytes = packed_run({1, 2, 3, 4, 5, 6, 7, 0}, 3);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    RunLengths runs(std::string_view(bytes).substr(0, size), 3);
    std::uint32_t value = 0;
    EXPECT_FALSE(runs.next(value)) << size;
    EXPECT_FALSE(runs.next(value)) << size;
  }
  RunLengths endless("\x81\x80\x80\x80\x80\x80\x80\x80\x80\x01", 3);
  std::uint32_t value = 0;
  EXPECT_FALSE(endless.next(value));
}

TEST(Snappy, CopiesAndLiterals) {
  // "abcabcabc": a literal of three, and a copy of six from three before.
  EXPECT_EQ(*unpack_snappy(std::string("\x09\x08"
                                       "abc"
                                       "\x09\x03",
                                       7),
                           9),
            "abcabcabc");
  EXPECT_FALSE(unpack_snappy(std::string("\x09\x08"
                                         "abc"
                                         "\x09\x04",
                                         7),
                             9));  // from before the beginning
  EXPECT_FALSE(unpack_snappy(std::string("\x09\x08"
                                         "ab",
                                         4),
                             9));
  EXPECT_FALSE(unpack_snappy("\x09", 9));
  EXPECT_FALSE(unpack_snappy("", 0));
}

}  // namespace
}  // namespace clary::training
