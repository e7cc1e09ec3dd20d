#include "model_server/selection.hpp"

#include <gtest/gtest.h>

#include "model_server/answers.hpp"

namespace clary::model_server {
namespace {

constexpr const char* everything = "predicted_label,labels,probability,probabilities,raw_score,raw_scores,predicted_score";

Selection select(std::string_view keys, const std::string& objective, std::size_t classes = 0) {
  ModelFacts facts;
  facts.objective = objective;
  facts.classes = classes;
  return *Selection::open(keys, facts);
}
std::string csv_of(const Selection& selection, std::vector<double> row) {
  std::string text;
  selection.append_csv(text, row);
  return text;
}
std::string json_of(const Selection& selection, std::vector<double> row) {
  std::string text;
  selection.append_json(text, row);
  return text;
}

TEST(Selection, TellsWhatTheObjectiveHas) {
  EXPECT_EQ(csv_of(select(everything, "binary:logistic"), {0.75}), "1,\"[0, 1]\",0.75,\"[0.25, 0.75]\",0.75,\"[0.25, 0.75]\",nan");
  EXPECT_EQ(csv_of(select(everything, "binary:logistic"), {0.5}), "0,\"[0, 1]\",0.5,\"[0.5, 0.5]\",0.5,\"[0.5, 0.5]\",nan");
  EXPECT_EQ(csv_of(select(everything, "binary:logitraw"), {-2}), "0,\"[0, 1]\",nan,nan,-2.0,\"[3.0, -2.0]\",nan");
  EXPECT_EQ(csv_of(select(everything, "binary:hinge"), {1}), "1.0,\"[0, 1]\",nan,nan,1.0,\"[0.0, 1.0]\",nan");
  EXPECT_EQ(csv_of(select(everything, "multi:softmax", 3), {2}), "2.0,\"[0, 1, 2]\",nan,nan,2.0,\"[-1.0, 2.0]\",nan");
  EXPECT_EQ(csv_of(select(everything, "multi:softprob", 3), {0.25, 0.5, 0.25}),
            "1,\"[0, 1, 2]\",0.5,\"[0.25, 0.5, 0.25]\",0.5,\"[0.25, 0.5, 0.25]\",nan");
  EXPECT_EQ(csv_of(select(everything, "reg:squarederror"), {2.5}), "nan,nan,nan,nan,nan,nan,2.5");
}

TEST(Selection, JsonHasItsMembersInTheContainersOrder) {
  EXPECT_EQ(json_of(select("Probabilities, predicted_label,other", "binary:logistic"), {0.75}),
            R"({"predicted_label": 1, "probabilities": [0.25, 0.75], "other": NaN})");
  EXPECT_EQ(json_of(select("predicted_score", "reg:gamma"), {2}), R"({"predicted_score": 2.0})");
}

TEST(Selection, AnObjectiveOfAnotherKindIsAnError) {
  ModelFacts facts;
  facts.objective = "rank:pairwise";
  EXPECT_EQ(Selection::open("labels", facts).error().message, "Objective `rank:pairwise` unsupported for selectable inference predictions.");
}

TEST(Selection, RowsAreLinesOrObjects) {
  const Selection selection = select("predicted_label,probability", "binary:logistic");
  const auto written = [&](AnswerForm form, bool batch) {
    AnswerWriter writer({form, batch, true}, &selection);
    const std::vector<double> values{0.75, 0.25};
    writer.add({values, 1});
    return writer.finish();
  };
  EXPECT_EQ(written(AnswerForm::csv, false), "1,0.75\n0,0.25");
  EXPECT_EQ(written(AnswerForm::csv, true), "1,0.75\n0,0.25\n");
  EXPECT_EQ(written(AnswerForm::json, false),
            R"({"predictions": [{"predicted_label": 1, "probability": 0.75}, {"predicted_label": 0, "probability": 0.25}]})");
  EXPECT_EQ(written(AnswerForm::json_lines, false), "{\"predicted_label\": 1, \"probability\": 0.75}\n{\"predicted_label\": 0, \"probability\": 0.25}\n");
}

}  // namespace
}  // namespace clary::model_server
