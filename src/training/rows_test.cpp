#include "training/rows.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clary::training {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string csv_complaint(std::string_view text, bool weighted = false) {
  Rows rows;
  const auto read = add_csv(rows, {"part-1.csv", text}, ',', weighted);
  return read ? "" : read.error().message;
}

TEST(Csv, LabelFirst) {
  Rows rows;
  ASSERT_TRUE(add_csv(rows, {"a", "1,0.5,2\n0,-3e2,+4\n"}, ',', false));
  ASSERT_TRUE(add_csv(rows, {"b", "1, 7 ,8"}, ',', false));  // no last newline, and another file
  EXPECT_EQ(rows.columns, 2u);
  EXPECT_THAT(rows.labels, ElementsAre(1, 0, 1));
  EXPECT_THAT(rows.values, ElementsAre(0.5f, 2, -300, 4, 7, 8));
  EXPECT_THAT(rows.weights, IsEmpty());
}

TEST(Csv, WithWeights) {
  Rows rows;
  ASSERT_TRUE(add_csv(rows, {"a", "1,0.25,2\n0,4,3\n"}, ',', true));
  EXPECT_EQ(rows.columns, 1u);
  EXPECT_THAT(rows.weights, ElementsAre(0.25f, 4));
  EXPECT_THAT(rows.values, ElementsAre(2, 3));
}

TEST(Csv, WhatIsNotThereIsMissing) {
  Rows rows;
  ASSERT_TRUE(add_csv(rows,
                      {"a",
                       "\xEF\xBB\xBF"
                       "1,,nan,2\r\n\r\n\n0,1e99,-1e-99,inf\r\n0,1e400,-1e400,1e-400\r\n"},
                      ',', false));
  ASSERT_EQ(rows.count(), 3u);
  EXPECT_TRUE(std::isnan(rows.values[0]) && std::isnan(rows.values[1]));
  EXPECT_THAT(std::vector<float>(rows.values.begin() + 2, rows.values.end()),
              ElementsAre(2, INFINITY, -0.0f, INFINITY, INFINITY, -INFINITY, 0));
}

TEST(Csv, AWrongRecordIsNamed) {
  EXPECT_THAT(csv_complaint("y,a,b\n1,2,3\n"),
              HasSubstr("part-1.csv, line 1: 'y' is not a number; the file must not have a header"));
  EXPECT_THAT(csv_complaint("1,2,3\n1,2\n"), HasSubstr("line 2: 2 columns, where the first record has 3"));
  EXPECT_THAT(csv_complaint("1,2,3\n1,2,3,4\n"), HasSubstr("line 2: 4 columns, where the first record has 3"));
  EXPECT_THAT(csv_complaint("1,2\n1,cat\n"), HasSubstr("line 2: 'cat' is not a number"));
  EXPECT_THAT(csv_complaint("1,2\n,3\n"), HasSubstr("line 2: there is no label"));
  EXPECT_THAT(csv_complaint("1,,3\n", true), HasSubstr("line 1: there is no weight"));
  EXPECT_THAT(csv_complaint("1\n2\n"), HasSubstr("line 1: there are no features"));
  EXPECT_THAT(csv_complaint("1,2x\n"), HasSubstr("'2x' is not a number"));
  EXPECT_EQ(csv_complaint(""), "");
}

TEST(Csv, TheFirstLineTellsTheDelimiter) {
  EXPECT_EQ(*csv_delimiter("1,2;3"), ',');
  EXPECT_EQ(*csv_delimiter("\n1\t2\n"), '\t');
  EXPECT_EQ(*csv_delimiter("1;2\n1,2"), ';');
  EXPECT_EQ(*csv_delimiter("1|2"), '|');
  EXPECT_FALSE(csv_delimiter("1\n2,3"));
  EXPECT_FALSE(csv_delimiter(""));
}

TEST(Libsvm, SparseRecords) {
  Rows rows;
  LibsvmReader reader(rows);
  ASSERT_TRUE(reader.add({"a", "1 0:0.5 3:2 # said of it\r\n\n-1\n"}));
  ASSERT_TRUE(reader.add({"b", "+1\t1:1e-3"}));
  EXPECT_TRUE(rows.sparse);
  EXPECT_EQ(rows.columns, 4u);
  EXPECT_THAT(rows.labels, ElementsAre(1, -1, 1));
  EXPECT_THAT(rows.offsets, ElementsAre(0, 2, 2, 3));
  EXPECT_THAT(rows.indices, ElementsAre(0, 3, 1));
  EXPECT_THAT(rows.values, ElementsAre(0.5f, 2, 1e-3f));
}

TEST(Libsvm, WeightsAndGroups) {
  Rows rows;
  LibsvmReader reader(rows);
  ASSERT_TRUE(reader.add({"a", "1:0.5 qid:7 1:1\n0:2 qid:7 1:2\n"}));
  ASSERT_TRUE(reader.add({"b", "0:1 qid:7 1:1\n1:1 qid:8 1:1\n"}));
  EXPECT_THAT(rows.weights, ElementsAre(0.5f, 2, 1, 1));
  EXPECT_THAT(rows.groups, ElementsAre(3, 1));
  EXPECT_THAT(reader.add({"c", "1 qid:9 1:1\n"}).error().message, HasSubstr("some have none"));
  EXPECT_THAT(reader.add({"c", "1:1 1:1\n"}).error().message, HasSubstr("some records have a qid"));
}

TEST(Libsvm, WhatIsNoneIsRefused) {
  for (const char* text :
       {"a 1:2\n", "1 2\n", "1 1:\n", "1 :2\n", "1 -1:2\n", "1 4294967295:1\n", "1 1:2:3\n", "1,2,3\n", "1 qid:x\n"}) {
    Rows rows;
    const auto read = LibsvmReader(rows).add({"part-1", text});
    ASSERT_FALSE(read) << text;
    EXPECT_THAT(read.error().message, HasSubstr("of file 'part-1' is not 'LIBSVM' format."));
  }
}

}  // namespace
}  // namespace clary::training
