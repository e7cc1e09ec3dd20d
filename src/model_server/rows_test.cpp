#include "model_server/rows.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clary::model_server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Read {
  std::vector<std::vector<float>> rows;  // NaN stands as -999, of sparse rows what is left out too
  std::string error;
  ErrorKind kind = ErrorKind::internal;
};

void unpack(const Rows& rows, Read& read) {
  for (std::size_t row = 0; row < rows.count; ++row) {
    std::vector<float> values(rows.columns, -999);
    if (rows.sparse) {
      for (std::size_t at = rows.starts[row]; at < rows.starts[row + 1]; ++at) values.at(rows.indices[at]) = rows.values[at];
    } else {
      for (std::size_t column = 0; column < rows.columns; ++column)
        if (const float value = rows.values.at(row * rows.columns + column); !std::isnan(value)) values[column] = value;
    }
    read.rows.push_back(values);
  }
}

Read read(std::string_view type, std::string_view body, ModelColumns columns = std::nullopt) {
  Read read;
  auto reader = open_rows(type, body, columns);
  Rows rows;
  for (bool going = reader.ok(); going;) {
    auto next = (*reader)->next(rows);
    if (!next) {
      read.error = next.error().message;
      read.kind = next.error().kind;
      return read;
    }
    unpack(rows, read);
    going = rows.count > 0;
  }
  if (!reader) {
    read.error = reader.error().message;
    read.kind = reader.error().kind;
  }
  return read;
}

constexpr const char* csv = "text/csv";
constexpr float none = -999;

TEST(Rows, AreDoublesForAModelThatComparesThem) {
  const std::string bodies[][2] = {{"text/csv", "0.1,1e300"}, {"application/json", "[0.1, 1e300]"}, {"application/jsonlines", "[0.1, 1e300]\n"},
                                   {"text/libsvm", "0:0.1 1:1e300"}};
  for (const auto& [type, body] : bodies) {
    const auto reader = open_rows(type, body, 2);
    Rows rows;
    rows.doubled = true;
    ASSERT_TRUE((*reader)->next(rows).ok()) << type;
    EXPECT_THAT(rows.doubles, ElementsAre(0.1, 1e300)) << type;
    EXPECT_TRUE(rows.values.empty());
    EXPECT_FALSE(read(type, body, 2).error.empty()) << type << ": no float holds 1e300";
  }
}

TEST(Json, ALongBodyComesInBlocks) {
  std::string body = "[[0]";
  for (int row = 1; row < 3000; ++row) body += fmt::format(",[{}]", row);
  body += "]";
  const auto reader = open_rows("application/json", body, 1);
  Rows rows;
  std::size_t all = 0;
  do {
    ASSERT_TRUE((*reader)->next(rows).ok());
    ASSERT_LE(rows.count, RowReader::block);
    if (rows.count > 0) {
      EXPECT_EQ(rows.values.back(), static_cast<float>(all + rows.count - 1));
    }
    all += rows.count;
  } while (rows.count > 0);
  EXPECT_EQ(all, 3000u);
}

TEST(Csv, RowsOfNumbers) {
  EXPECT_THAT(read(csv, "1,2.5,-3e2\n4,5,6\n", 3).rows, ElementsAre(ElementsAre(1, 2.5, -300), ElementsAre(4, 5, 6)));
  EXPECT_THAT(read("Text/CSV; charset=utf-8", "+1, 2 ,\"3\"").rows, ElementsAre(ElementsAre(1, 2, 3)));
  EXPECT_THAT(read("", "1,2").rows, ElementsAre(ElementsAre(1, 2)));
  EXPECT_THAT(read(csv, "7").rows, ElementsAre(ElementsAre(7)));
  EXPECT_THAT(read(csv, "0.1,3.4028235e38,1e-400").rows, ElementsAre(ElementsAre(0.1f, 3.4028235e38f, 0)));
}

TEST(Csv, LinesEndAsTheyLike) {
  for (const char* body : {"1,2\n3,4", "1,2\r\n3,4\r\n", "\n1,2\n\n\r\n3,4\n\n", "\xEF\xBB\xBF" "1,2\n3,4\n"})
    EXPECT_THAT(read(csv, body, 2).rows, ElementsAre(ElementsAre(1, 2), ElementsAre(3, 4))) << body;
  for (const char* body : {"", "\n", "\r\n\r\n", "\xEF\xBB\xBF"}) EXPECT_TRUE(read(csv, body).rows.empty());
}

TEST(Csv, EmptyFieldsAndNanAreMissing) {
  EXPECT_THAT(read(csv, ",1,\nnan,NaN, -nan \n").rows, ElementsAre(ElementsAre(none, 1, none), ElementsAre(none, none, none)));
}

TEST(Csv, TheFirstLineTellsTheSeparator) {
  for (const char* body : {"1;2\n3;4", "1\t2\n3\t4", "1|2\n3|4", "1 2\n3 4"})
    EXPECT_THAT(read(csv, body).rows, ElementsAre(ElementsAre(1, 2), ElementsAre(3, 4))) << body;
}

TEST(Csv, ABadRowNamesItsLine) {
  EXPECT_EQ(read(csv, "1,2\n\n3,x\n").error, "line 3, column 2: 'x' is not a number.");
  EXPECT_EQ(read(csv, "1,2,3\n1,2\n").error, "line 2 has 2 columns; those before it have 3.");
  EXPECT_EQ(read(csv, "1,2\n1,2,\n").error, "line 2 has 3 columns; those before it have 2.");
  EXPECT_EQ(read(csv, "1,2,3\n", 2).error, "line 1 has 3 columns; the model was trained with 2.");
  EXPECT_EQ(read(csv, "1\n", 3).error, "line 1 has 1 columns; the model was trained with 3.");
  EXPECT_EQ(read(csv, "1,2\n", 3).error, "");  // as AWS's containers: the model's first column is used by none
  for (const char* bad : {"inf", "-Infinity", "1e39", "1e999", "0x10", "1_0", "--1", "+-1", "1 2", "e5", "."})
    EXPECT_THAT(read(csv, std::string("0,") + bad).error, HasSubstr("column 2")) << bad;
  EXPECT_EQ(read(csv, std::string("1,") + std::string(200, 'a')).error.size(), std::string("line 1, column 2: '...' is not a number.").size() + 60);
  EXPECT_THAT(read(csv, "1,\x01\xff").error, HasSubstr("'?" "?'"));
}

TEST(Csv, LongBodiesComeInBlocks) {
  std::string body;
  for (int row = 0; row < 2500; ++row) body += std::to_string(row) + ",1\n";
  auto reader = open_rows(csv, body, 2);
  Rows rows;
  std::vector<std::size_t> counts;
  do {
    ASSERT_TRUE((*reader)->next(rows));
    counts.push_back(rows.count);
  } while (rows.count > 0);
  EXPECT_THAT(counts, ElementsAre(1024, 1024, 452, 0));
  EXPECT_EQ(read(csv, body + "1,2,3\n").error, "line 2501 has 3 columns; those before it have 2.");
}

TEST(Libsvm, PairsOfIndexAndValue) {
  EXPECT_THAT(read("text/libsvm", "1 0:1.5 2:3\n2:4 # last\n", 3).rows, ElementsAre(ElementsAre(1.5, none, 3), ElementsAre(none, none, 4)));
  EXPECT_THAT(read("text/x-libsvm", "-1 qid:3 1:2\r\n\n  \n0:nan\n0", 2).rows,
              ElementsAre(ElementsAre(none, 2), ElementsAre(none, none), ElementsAre(none, none)));
  EXPECT_THAT(read("text/libsvm", "0:1 4:5").rows, ElementsAre(ElementsAre(1, none, none, none, 5)));
}

TEST(Libsvm, ABadRowNamesItsLine) {
  for (const char* bad : {"0:1 x", "0:1 1:", "0:1 :2", "0:1 a:2", "0:1 -1:2", "0:1 1:x", "abc 0:1", "0:1 4294967295:1", "0:1 1:inf"})
    EXPECT_THAT(read("text/libsvm", std::string("0:1\n") + bad).error, HasSubstr("line 2: '")) << bad;
  EXPECT_EQ(read("text/libsvm", "0:1 4:1", 3).error, "line 1: there is an index 4; the model was trained with 3 columns.");
  EXPECT_THAT(read("text/libsvm", "1:1 3:1", 3).rows, ElementsAre(ElementsAre(none, 1, none)));  // counts from 1
}

TEST(Json, ARowOrRowsBareOrAsInstances) {
  const auto two = ElementsAre(ElementsAre(1, 2.5), ElementsAre(none, -3));
  for (const char* body : {"[[1,2.5],[null,-3]]", R"({"instances": [[1,2.5],[null,-3]]})", R"([{"features":[1,2.5]},{"features":[null,-3]}])",
                           R"({"instances":[{"data":{"features":{"values":[1,2.5]}}},{"features":[null,-3]}]})"})
    EXPECT_THAT(read("application/json", body, 2).rows, two) << body;
  for (const char* body : {"[1, 2]", R"({"features":[1,2]})", R"({"instances":[1,2]})"})
    EXPECT_THAT(read("application/json; charset=utf-8", body).rows, ElementsAre(ElementsAre(1, 2))) << body;
  EXPECT_THAT(read("application/jsonlines", "[1,2.5]\n\n{\"features\":[null,-3]}\r\n", 2).rows, two);
}

TEST(Json, ABadRowIsNamed) {
  EXPECT_EQ(read("application/json", "[[1,2],[1]]").error, "row 2 has 1 columns; those before it have 2.");
  EXPECT_EQ(read("application/json", "[[1,2],[1,\"x\"]]").error, "row 2, column 2 is not a number.");
  EXPECT_EQ(read("application/json", "[[1,2,3]]", 2).error, "row 1 has 3 columns; the model was trained with 2.");
  EXPECT_THAT(read("application/json", "[[1,2],").error, HasSubstr("not valid application/json"));
  EXPECT_THAT(read("application/json", "{}").error, HasSubstr("no list of numbers"));
  EXPECT_THAT(read("application/json", "[[]]").error, HasSubstr("no columns"));
  EXPECT_THAT(read("application/json", "[1e39]").error, HasSubstr("too large"));
  EXPECT_THAT(read("application/json", std::string(100, '[')).error, HasSubstr("not valid"));
  EXPECT_EQ(read("application/jsonlines", "[1]\n\n[\"x\"]\n").error, "line 3, column 1 is not a number.");
  EXPECT_THAT(read("application/jsonlines", "[1]\n[1\n").error, HasSubstr("line 2 is not valid JSON"));
}

std::string npy(std::string dictionary, std::string data) {
  std::string text = "\x93NUMPY";
  text += {'\1', '\0', static_cast<char>(dictionary.size()), '\0'};
  return text + dictionary + data;
}

std::string floats(std::vector<float> values) { return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)}; }

TEST(Npy, ArraysOfNumbers) {
  const char* type = "application/x-npy";
  const std::string data = floats({1, 2, 3, 4, 5, NAN});
  EXPECT_THAT(read(type, npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", data), 3).rows,
              ElementsAre(ElementsAre(1, 2, 3), ElementsAre(4, 5, none)));
  EXPECT_THAT(read(type, npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n", data)).rows,
              ElementsAre(ElementsAre(1, 3, 5), ElementsAre(2, 4, none)));
  EXPECT_THAT(read(type, npy("{'descr': '|u1', 'fortran_order': False, 'shape': (4,), }\n", "\1\2\3\xff")).rows, ElementsAre(ElementsAre(1, 2, 3, 255)));
  EXPECT_THAT(read(type, npy("{'descr': '<f2', 'fortran_order': False, 'shape': (3,), }\n", std::string("\0\x3c\1\0\0\xc0", 6))).rows,
              ElementsAre(ElementsAre(1, std::ldexp(1.f, -24), -2)));
  EXPECT_TRUE(read(type, npy("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }\n", "")).rows.empty());
}

TEST(Npy, WhatIsNoTableOfNumbersIsRefused) {
  const char* type = "application/x-npy";
  for (const std::string& body :
       {std::string("PK"), npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n", "x"), npy("{}", ""),
        npy("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }\n", floats({1})),
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1), }\n", floats({1})),
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (), }\n", floats({1})),
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 0), }\n", floats({1})),
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 9223372036854775807), }\n", floats({1, 2})),
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387905, 4), }\n", floats({1, 2, 3, 4})),
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }\n", floats({1, 2})),
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }\n", floats({1, INFINITY})), std::string("\x93NUMPY\1\0\xff\xff{", 11)}) {
    const Read got = read(type, body);
    EXPECT_EQ(got.kind, ErrorKind::validation) << body;
    EXPECT_FALSE(got.error.empty()) << body;
  }
}

std::string field(int number, const std::string& content) {
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(content.size())} + content;
}

std::string record(const std::string& tensor, int kind = 2) {
  const std::string message = field(1, field(1, "values") + field(2, field(kind, tensor))) + field(2, field(1, "label") + field(2, field(2, "")));
  std::string frame("\x0a\x23\xd7\xce", 4);
  frame += {static_cast<char>(message.size()), '\0', '\0', '\0'};
  return frame + message + std::string(-message.size() % 4, '\0');
}

TEST(Recordio, DenseAndSparseRecords) {
  const char* type = "application/x-recordio-protobuf";
  EXPECT_THAT(read(type, record(field(1, floats({1, NAN}))) + record(field(1, floats({3, 4}))), 2).rows,
              ElementsAre(ElementsAre(1, none), ElementsAre(3, 4)));
  EXPECT_THAT(read(type, record(field(1, floats({5})) + field(2, "\2") + field(3, "\3")) + record(field(3, "\3")), 3).rows,
              ElementsAre(ElementsAre(none, none, 5), ElementsAre(none, none, none)));
  EXPECT_THAT(read(type, record(field(1, "\1\2"), 7)).rows, ElementsAre(ElementsAre(1, 2)));
}

TEST(Recordio, BrokenRecordsAreRefused) {
  const char* type = "application/x-recordio-protobuf";
  const std::string good = record(field(1, floats({1, 2})));
  for (std::size_t size = 1; size + 3 < good.size(); ++size) EXPECT_FALSE(read(type, good.substr(0, size)).error.empty()) << size;
  EXPECT_THAT(read(type, "12345678").error, HasSubstr("no RecordIO frame"));
  EXPECT_THAT(read(type, good + record(field(1, floats({1})))).error, HasSubstr("record 2 has 1 columns"));
  EXPECT_THAT(read(type, good, 4).error, HasSubstr("trained with 4"));
  EXPECT_THAT(read(type, record(field(1, floats({1})) + field(2, "\1\2"))).error, HasSubstr("2 keys for 1 values"));
  EXPECT_THAT(read(type, record(field(1, floats({1})) + field(2, "\x09")), 3).error, HasSubstr("too large"));
  EXPECT_THAT(read(type, record(field(1, "\xff\xff\xff\xff\xff\1"), 7)).error, HasSubstr("32 bits"));
}

TEST(Rows, OtherContentTypesAreRefused) {
  EXPECT_EQ(read("image/png", "x").kind, ErrorKind::not_implemented);
  EXPECT_THAT(read("image/png", "x").error, HasSubstr("image/png"));
}

}  // namespace
}  // namespace clary::model_server
