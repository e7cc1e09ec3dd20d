// Files as pyarrow writes them, and what is none. The bytes below were written by pyarrow 22 with
//   pq.write_table(pa.table({"y": [1.0, 0.0, 1.0], "a": pa.array([5, None, 7], pa.int32()), "b": [True, False, True]}), ...)
#include "training/parquet.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.hpp"
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
