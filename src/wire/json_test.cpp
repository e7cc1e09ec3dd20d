#include "wire/json.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <boost/json.hpp>
#include <cmath>
#include <random>

#include "api/sagemaker.hpp"
#include "wire/json_tree.hpp"

namespace clary::wire {
namespace {

namespace sm = clary::api::sagemaker;

template <typename T>
Outcome<T> read(const Shape& shape, std::string_view text) {
  T value{};
  Violations violations;
  CHECK_OK(read_json(shape, &value, text, violations));
  validate(shape, &value, violations);
  CHECK_OK(violations.result());
  return value;
}

Outcome<sm::CreateTrainingJobRequest> read_job(std::string_view text) { return read<sm::CreateTrainingJobRequest>(sm::CreateTrainingJobRequest_shape, text); }

constexpr std::string_view minimal = R"({"TrainingJobName":"digits-1","RoleArn":"arn:aws:iam::000000000000:role/r","Unknown":1,
  "AlgorithmSpecification":{"TrainingImage":"img","TrainingInputMode":"File","MetricDefinitions":[{"Name":"a","Regex":"x"}]},
  "OutputDataConfig":{"S3OutputPath":"s3://b/p"},"HyperParameters":{"a":"\"1\"","é":"ü"},
  "ResourceConfig":{"InstanceType":"ml.m5.large","InstanceCount":2,"VolumeSizeInGB":30},"Tags":null,
  "EnableNetworkIsolation":true})";

TEST(Json, ReadsWhatTheModelNames) {
  auto job = read_job(minimal);
  ASSERT_TRUE(job) << job.error().message;
  EXPECT_EQ(job->TrainingJobName, "digits-1");
  EXPECT_EQ(job->AlgorithmSpecification->MetricDefinitions->at(0).Regex, "x");
  EXPECT_EQ(job->HyperParameters->at("a"), "\"1\"");
  EXPECT_EQ(job->ResourceConfig->InstanceCount, 2);
  EXPECT_TRUE(*job->EnableNetworkIsolation);
  EXPECT_FALSE(job->Tags) << "null is absent";
}

TEST(Json, WritesWhatItReads) {
  auto job = read_job(minimal);
  ASSERT_TRUE(job);
  std::string text = to_document(sm::CreateTrainingJobRequest_shape, *job);
  auto again = from_document<sm::CreateTrainingJobRequest>(sm::CreateTrainingJobRequest_shape, text);
  ASSERT_TRUE(again);
  EXPECT_EQ(to_document(sm::CreateTrainingJobRequest_shape, *again), text);
  EXPECT_EQ(again->HyperParameters->at("é"), "ü");
}

TEST(Json, ReadsEveryDoubleExactly) {
  std::mt19937_64 random(11);
  std::vector<double> values{9007199254740991.0, 0.1, 1e23, 5e-324, 1.7976931348623157e308, 2.2250738585072014e-308, -0.0};
  while (values.size() < 20000) {
    const double value = std::bit_cast<double>(random());
    if (std::isfinite(value)) values.push_back(value);
    values.push_back(std::ldexp(static_cast<double>(random() >> 11), -53));  // as losses are: between 0 and 1
  }
  std::string text;
  for (double value : values) text += fmt::format("{}{}", text.empty() ? "[" : ", ", value);
  boost::json::error_code code;
  const auto tree = parse_json(text + "]", {}, code);
  ASSERT_FALSE(code) << code.message();
  for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(tree.at(i).to_number<double>(), values[i]) << i;
  EXPECT_EQ(parse_json(" [1, -7, 18446744073709551615, 1e400, 12E-1] ", {}, code).as_array().size(), 5u);
  for (std::string_view broken : {"", " ", "[1", "[1]]", "{\"a\":1,}", "[01]", "[1.]", "[.5]", "[NaN]", "\"\xc3\x28\"", "{1:2}"}) {
    parse_json(broken, {}, code);
    EXPECT_TRUE(code) << broken;
  }
  EXPECT_EQ(parse_json(R"({"a": {"b": ["x\u00e9", null, true]}, "a": 2})", {}, code).at("a"), 2) << "the last of equal names";
}

TEST(Json, TimesGoAsEpochSeconds) {
  sm::MetricData metric{.MetricName = "m", .Value = 0.5, .Timestamp = Time{1'795'553'146'157'000}};
  std::string text = to_document(sm::MetricData_shape, metric);
  EXPECT_EQ(text, R"({"MetricName":"m","Value":0.5,"Timestamp":1795553146.157})");
  auto back = read<sm::MetricData>(sm::MetricData_shape, R"({"Timestamp":1795553146.157262})");
  EXPECT_EQ(back->Timestamp->micros, 1'795'553'146'157'262);
}

TEST(Json, RefusesWrongTypesBrokenTextAndDepth) {
  for (std::string text : {R"({"TrainingJobName":1})", R"({"TrainingJobName":"a)", R"([])", R"({"Tags":{}})", "{\"TrainingJobName\":\"\xff\"}",
                           R"({"HyperParameters":{"a":1}})", R"({"ResourceConfig":{"InstanceCount":"2"}})"}) {
    auto job = read_job(text);
    ASSERT_FALSE(job) << text;
    EXPECT_EQ(job.error().code, "SerializationException") << text;
  }
  std::string deep(100000, '[');
  EXPECT_EQ(read_job(deep).error().code, "SerializationException");
}

TEST(Json, ProjectsSharedMembers) {
  auto job = read_job(minimal);
  sm::DescribeTrainingJobResponse described;
  project(sm::DescribeTrainingJobResponse_shape, &described, sm::CreateTrainingJobRequest_shape, &*job);
  EXPECT_EQ(described.TrainingJobName, "digits-1");
  EXPECT_EQ(described.OutputDataConfig->S3OutputPath, "s3://b/p");
  EXPECT_FALSE(described.VpcConfig);
}

TEST(Validation, SpeaksAsAwsDoes) {
  auto job = read_job(R"({"TrainingJobName":"no good","OutputDataConfig":{},"AlgorithmSpecification":{"TrainingInputMode":"Fast"}})");
  ASSERT_FALSE(job);
  const std::string& message = job.error().message;
  EXPECT_TRUE(message.starts_with("4 validation errors detected: ")) << message;
  for (const char* part :
       {"Value 'no good' at 'trainingJobName' failed to satisfy constraint: Member must satisfy regular expression pattern: ",
        "Value null at 'roleArn' failed to satisfy constraint: Member must not be null", "Value null at 'outputDataConfig.s3OutputPath'",
        "Value 'Fast' at 'algorithmSpecification.trainingInputMode' failed to satisfy constraint: Member must satisfy enum value set: ["})
    EXPECT_NE(message.find(part), std::string::npos) << part << "\n in " << message;
}

TEST(Validation, NumbersListsElementsAndMaps) {
  auto job = read_job(std::string(minimal.substr(0, minimal.rfind('}'))) +
                      R"(,"StoppingCondition":{"MaxRuntimeInSeconds":0},"Tags":[{"Key":"ok","Value":"v"},{"Key":"","Value":"v"}]})");
  ASSERT_FALSE(job);
  const std::string& message = job.error().message;
  EXPECT_NE(message.find("Value '0' at 'stoppingCondition.maxRuntimeInSeconds' failed to satisfy constraint: Member must have value greater than or equal to 1"),
            std::string::npos) << message;
  EXPECT_NE(message.find("Value '' at 'tags.2.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1"),
            std::string::npos) << message;
  std::string long_value(2501, 'x');
  auto mapped = read_job(std::string(minimal.substr(0, minimal.rfind('}'))) + R"(,"HyperParameters":{"k":")" + long_value + "\"}}");
  ASSERT_FALSE(mapped);
}

TEST(Validation, LengthsCountCharactersNotBytes) {
  sm::Tag tag{.Key = std::string("é"), .Value = {}};
  for (int i = 0; i < 127; ++i) tag.Key += "é";
  Violations fine;
  validate(sm::Tag_shape, &tag, fine);
  EXPECT_TRUE(fine.empty());
  tag.Key += "é";
  Violations broken;
  validate(sm::Tag_shape, &tag, broken);
  EXPECT_FALSE(broken.empty());
}

}  // namespace
}  // namespace clary::wire
