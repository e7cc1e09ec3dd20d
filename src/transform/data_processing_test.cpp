#include "transform/data_processing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transform/json_text.hpp"

namespace clary::transform {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string json(const std::string& path, const std::string& document) {
  auto parsed = JsonPath::parse(path);
  if (!parsed) return "parse: " + parsed.error().message;
  auto found = parsed->of_json(document);
  return found ? *found : "error: " + found.error().message;
}

DataProcessing make(const DataProcessingSpec& spec, const std::string& type) {
  auto made = DataProcessing::make(spec, type, type);
  EXPECT_TRUE(made) << made.error().message;
  return *made;
}

std::string output(const DataProcessing& processing, const std::vector<std::string_view>& rows, const std::string& answer) {
  std::string made;
  std::size_t failed = 0;
  auto done = processing.make_output(rows, answer, made, failed);
  return done ? made : fmt::format("row {}: {}", failed, done.error().message);
}

TEST(JsonPathTest, ChoosesWithoutTouchingTheText) {
  const std::string document = R"( {"id" : 1.10, "features":[1e3, 2.50,"a,b"], "in":{"x":{"y":null}}} )";
  EXPECT_EQ(json("$", document), R"({"id" : 1.10, "features":[1e3, 2.50,"a,b"], "in":{"x":{"y":null}}})");
  EXPECT_EQ(json("$.id", document), "1.10");
  EXPECT_EQ(json("$['id']", document), "1.10");
  EXPECT_EQ(json("$.features", document), R"([1e3, 2.50,"a,b"])");
  EXPECT_EQ(json("$.features[0]", document), "1e3");
  EXPECT_EQ(json("$.features[-1]", document), R"("a,b")");
  EXPECT_EQ(json("$.features[0,2]", document), R"([1e3,"a,b"])");
  EXPECT_EQ(json("$.features[1:]", document), R"([2.50,"a,b"])");
  EXPECT_EQ(json("$.features[0,1:]", document), R"([1e3,2.50,"a,b"])");
  EXPECT_EQ(json("$.features[:-1]", document), "[1e3,2.50]");
  EXPECT_EQ(json("$['features','id']", document), R"({"features":[1e3, 2.50,"a,b"],"id":1.10})");
  EXPECT_EQ(json("$.in.x.y", document), "null");
  EXPECT_EQ(json("$.in.['x']", document), R"({"y":null})");
  EXPECT_EQ(json("$.in.*", document), R"([{"y":null}])");
  EXPECT_EQ(json("$[*].a", R"([{"a":1},{"a":2}])"), "[1,2]");
}

TEST(JsonPathTest, SaysWhatTheDocumentLacks) {
  EXPECT_THAT(json("$.b", R"({"a":1})"), HasSubstr("no \"b\""));
  EXPECT_THAT(json("$[3]", "[1,2]"), HasSubstr("2 elements"));
  EXPECT_THAT(json("$[-3]", "[1,2]"), HasSubstr("2 elements"));
  EXPECT_THAT(json("$.a", "[1]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(json("$", "{\"a\":"), HasSubstr("not JSON"));
}

TEST(JsonPathTest, WhatIsNoneIsRefused) {
  for (const char* wrong : {"x", "$.", "$[", "$[]", "$['a'", "$['a',1]", "$[1", "$..a", "$.a b", "$[a]", "$[1:2:3]",
                            "$[?(@.a)]", "a.b", "$[99999999999999999999]"})
    EXPECT_THAT(json(wrong, "{}"), HasSubstr("parse: ")) << wrong;
}

TEST(JsonTextTest, PiecesAreFoundByTheirEscapedNames) {
  auto members = json_members(R"({"a\u0062":"x\"}", "n":[{"]":1}]})");
  ASSERT_TRUE(members);
  ASSERT_EQ(members->size(), 2u);
  EXPECT_EQ((*members)[0].name, "ab");
  EXPECT_EQ((*members)[0].value, R"("x\"}")");
  EXPECT_EQ((*members)[1].value, R"([{"]":1}])");
  EXPECT_FALSE(json_members("{\"a\" 1}"));
  EXPECT_FALSE(json_members("{} x"));
  EXPECT_FALSE(json_elements("[1,]"));
  EXPECT_FALSE(json_elements("[1 2]"));
  EXPECT_FALSE(json_elements("[{]}"));
  EXPECT_FALSE(json_value(std::string(100'000, '[')));
}

TEST(Csv, ColumnsAreCutAndJoined) {
  const auto processing = make({"$[1:]", "$[0,-1]", true}, "text/csv");
  std::string payload;
  ASSERT_TRUE(processing.cut_input("id1,1.50,\"a,b\"", payload));
  ASSERT_TRUE(processing.cut_input("id2,3,4", payload));
  EXPECT_EQ(payload, "1.50,\"a,b\"\n3,4\n");
  EXPECT_EQ(output(processing, {"id1,1.50,x", "id2,3,4"}, "0.5\n0.25\n"), "id1,0.5\nid2,0.25\n");
  EXPECT_EQ(output(make({"", "", true}, "text/csv"), {"1,2", "3,4"}, "0.5\r\n0.25"), "1,2,0.5\n3,4,0.25\n");
  EXPECT_EQ(output(make({"", "$[1]", false}, "text/csv"), {"x"}, "0.1,0.9\n"), "0.9\n");
}

TEST(Csv, PredictionsMayStandOnOneLine) {
  EXPECT_EQ(output(make({"", "", true}, "text/csv"), {"a", "b"}, "1,2"), "a,1\nb,2\n");
}

TEST(Csv, OneRowForEachOrAnError) {
  EXPECT_THAT(output(make({"", "", true}, "text/csv"), {"a", "b", "c"}, "1\n2\n"), HasSubstr("2 rows for 3 records"));
  EXPECT_THAT(output(make({"", "$[5]", true}, "text/csv"), {"a", "b"}, "1\n2\n"), testing::StartsWith("row 0:"));
}

TEST(JsonLines, AreJoinedAsSageMakerOutput) {
  const auto processing = make({"$.features", "$['id','SageMakerOutput']", true}, "application/jsonlines");
  std::string payload;
  ASSERT_TRUE(processing.cut_input(R"({"id":7,"features":[1.0,2]})", payload));
  EXPECT_EQ(payload, "[1.0,2]\n");
  EXPECT_EQ(output(processing, {R"({"id":7,"features":[1.0]})", R"({"id":8})"}, "{\"score\":0.10}\n0.2\n"),
            "{\"id\":7,\"SageMakerOutput\":{\"score\":0.10}}\n{\"id\":8,\"SageMakerOutput\":0.2}\n");
  EXPECT_EQ(output(make({"", "", true}, "application/jsonlines"), {"[1,2]"}, "3\n"),
            "{\"SageMakerInput\":[1,2],\"SageMakerOutput\":3}\n");
}

TEST(JsonDocuments, TakeTheAnswerAsAWhole) {
  EXPECT_EQ(output(make({"", "", true}, "application/json"), {"{\"a\":1}"}, "{\n \"p\": [1]\n}\n"),
            "{\"a\":1,\"SageMakerOutput\":{ \"p\": [1]}}\n");
  EXPECT_EQ(output(make({"", "", true}, "application/json"), {"{\"a\":1}", "{\"a\":2}"}, "{\"predictions\": [{\"s\":1}, {\"s\":2}]}"),
            "{\"a\":1,\"SageMakerOutput\":{\"s\":1}}\n{\"a\":2,\"SageMakerOutput\":{\"s\":2}}\n");
  EXPECT_EQ(output(make({"", "", true}, "application/json"), {"{\"SageMakerOutput\":0}"}, "5"), "{\"SageMakerOutput\":5}\n");
}

TEST(InferenceIds, AreAppendedToEachRow) {
  const std::string time = "2026-11-24T20:38:20Z", id = "[0-9a-f]{8}-[0-9a-f-]{27}";
  const DataProcessingSpec spec{"", "", false, time};
  EXPECT_THAT(output(make(spec, "text/csv"), {"a", "b"}, "1\n2\n"), testing::MatchesRegex("1," + id + "," + time + "\n2," + id + "," + time + "\n"));
  const std::string members = "\"SageMakerInferenceId\":\"" + id + "\",\"SageMakerInferenceTime\":\"" + time + "\"}\n";
  EXPECT_THAT(output(make(spec, "application/jsonlines"), {"{}", "1", "{}"}, "{\"p\":1}\n2\n{}\n"),
              testing::MatchesRegex("\\{\"p\":1," + members + "\\{\"SageMakerOutput\":2," + members + "\\{" + members));
  auto other = DataProcessing::make(spec, "text/csv", "application/jsonlines");
  ASSERT_TRUE(other);
  EXPECT_THAT(output(*other, {"1,2"}, "{\"p\":1}\n"), HasSubstr("{\"p\":1,\"SageMakerInferenceId\""));
  EXPECT_FALSE(DataProcessing::make(spec, "text/csv", "image/png"));
}

TEST(Making, RefusesWhatCannotBe) {
  auto refused = [](const DataProcessingSpec& spec, const std::string& type, const std::string& accept) {
    auto made = DataProcessing::make(spec, type, accept);
    return made ? "" : made.error().message;
  };
  EXPECT_EQ(refused({"$", "$", false}, "image/png", ""), "");
  EXPECT_THAT(refused({"$[1:]", "$", false}, "image/png", ""), HasSubstr("ContentType"));
  EXPECT_THAT(refused({"$", "$", true}, "text/csv", "application/json"), HasSubstr("Accept"));
  EXPECT_EQ(refused({"$", "$", true}, "text/csv; charset=utf-8", "Text/CSV"), "");
  EXPECT_THAT(refused({"$.a", "$", false}, "text/csv", ""), HasSubstr("columns"));
  EXPECT_THAT(refused({"$[", "$", false}, "text/csv", ""), HasSubstr("InputFilter"));
}

}  // namespace
}  // namespace clary::transform
