#include "model_server/answers.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace clary::model_server {
namespace {

std::string written(AnswerStyle style, std::vector<double> values, std::size_t width = 1) {
  AnswerWriter writer(style);
  // In two pieces, as long bodies come.
  const std::size_t half = values.size() / width / 2 * width;
  writer.add({std::span<const double>(values).first(half), width});
  writer.add({std::span<const double>(values).subspan(half), width});
  return writer.finish();
}

std::string written(AnswerForm form, bool batch, std::vector<double> values, std::size_t width = 1) {
  return written(AnswerStyle{form, batch, true}, std::move(values), width);
}

TEST(Answers, CsvAsTheContainersWriteIt) {
  EXPECT_EQ(written(AnswerForm::csv, false, {0.5, 0.25}), "0.5,0.25");
  EXPECT_EQ(written(AnswerForm::csv, true, {0.5, 0.25}), "0.5\n0.25\n");
  EXPECT_EQ(written(AnswerForm::csv, false, {0.5, 0.25, 0.25, 1, 0, 0}, 3), "[0.5, 0.25, 0.25],[1.0, 0.0, 0.0]");
  EXPECT_EQ(written(AnswerForm::csv, true, {0.5, 0.5, 1, 0}, 2), "[0.5, 0.5]\n[1.0, 0.0]\n");
}

TEST(Answers, CsvAsATable) {
  constexpr AnswerStyle table{AnswerForm::csv, true, false};
  EXPECT_EQ(written(table, {0.5, 0.25}), "0.5\n0.25\n");
  EXPECT_EQ(written(table, {0.5, 0.25, 0.25, 1, 0, 0}, 3), "0.5,0.25,0.25\n1.0,0.0,0.0\n");
}

TEST(Answers, JsonAndJsonLines) {
  EXPECT_EQ(written(AnswerForm::json, false, {0.5, 0.25}), R"({"predictions": [{"score": 0.5}, {"score": 0.25}]})");
  EXPECT_EQ(written(AnswerForm::json, true, {0.5, 0.5}, 2), R"({"predictions": [{"score": [0.5, 0.5]}]})");
  EXPECT_EQ(written(AnswerForm::json, false, {INFINITY}), R"({"predictions": [{"score": Infinity}]})");
  EXPECT_EQ(written(AnswerForm::json_lines, false, {NAN, -INFINITY}), "{\"score\": NaN}\n{\"score\": -Infinity}\n");
  EXPECT_EQ(written(AnswerForm::json_lines, false, {0.5, 0.25}), "{\"score\": 0.5}\n{\"score\": 0.25}\n");
}

TEST(Answers, NumbersReadAsPythonPrintsThem) {
  auto text = [](double value) {
    std::string out;
    append_number(out, value);
    return out;
  };
  EXPECT_EQ(text(0.1f), "0.10000000149011612");
  EXPECT_EQ(text(0), "0.0");
  EXPECT_EQ(text(-0.0), "-0.0");
  EXPECT_EQ(text(3), "3.0");
  EXPECT_EQ(text(123456789012345680.0), "1.2345678901234568e+17");
  EXPECT_EQ(text(1e15), "1000000000000000.0");
  EXPECT_EQ(text(1e16), "1e+16");
  EXPECT_EQ(text(0.0001), "0.0001");
  EXPECT_EQ(text(0.00001), "1e-05");
  EXPECT_EQ(text(-2.5e-7), "-2.5e-07");
  EXPECT_EQ(text(std::numeric_limits<double>::quiet_NaN()), "nan");
  EXPECT_EQ(text(-std::numeric_limits<double>::infinity()), "-inf");
}

TEST(Answers, AcceptIsAListWithRanges) {
  using enum AnswerForm;
  EXPECT_EQ(choose_form("", ""), csv);
  EXPECT_EQ(choose_form("*/*", ""), csv);
  EXPECT_EQ(choose_form("*/*", "application/json"), json);
  EXPECT_EQ(choose_form("text/csv; charset=utf-8", "application/json"), csv);
  EXPECT_EQ(choose_form("application/x-npy, application/jsonlines", ""), json_lines);
  EXPECT_EQ(choose_form("image/png, Application/JSON;q=0.5", ""), json);
  EXPECT_EQ(choose_form("image/png", ""), std::nullopt);
}

}  // namespace
}  // namespace clary::model_server
