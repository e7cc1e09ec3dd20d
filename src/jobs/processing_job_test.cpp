#include "jobs/processing_job.hpp"

#include <gtest/gtest.h>

#include "jobs/processing_spec.hpp"

namespace clary::jobs {
namespace {

using Parts = std::vector<std::string>;

ProcessingInput input(const std::string& name, const std::string& path, const std::string& uri = "s3://bkt/in") {
  return {.name = name, .s3_uri = uri, .local_path = path};
}
ProcessingOutput output(const std::string& name, const std::string& path, const std::string& uri = "s3://bkt/out") {
  return {.name = name, .s3_uri = uri, .local_path = path};
}
std::string refusal(std::vector<ProcessingInput> inputs, std::vector<ProcessingOutput> outputs = {}) {
  ProcessingSpec spec;
  spec.inputs = std::move(inputs);
  spec.outputs = std::move(outputs);
  auto checked = check_processing_spec(spec);
  return checked ? "" : checked.error().message;
}

TEST(ProcessingPath, StandsBelowTheFolderOfProcessing) {
  EXPECT_EQ(*processing_path("/opt/ml/processing/input/code"), (Parts{"processing", "input", "code"}));
  EXPECT_EQ(*processing_path("/opt/ml/processing//a/./b/"), (Parts{"processing", "a", "b"}));
  EXPECT_EQ(*processing_path("/opt/ml/processing"), (Parts{"processing"}));
  for (const char* bad :
       {"", "/", "opt/ml/processing/a", "/opt/ml/model", "/opt/ml/processing-b", "/opt/ml/../processing",
        "/opt/ml/processing/../model", "/opt/ml/processing/a/../../../x", "/etc"}) {
    EXPECT_FALSE(processing_path(bad)) << bad;
  }
}

TEST(ProcessingSpec, WhatTheSdksSendIsTaken) {
  EXPECT_EQ(refusal({input("input-1", "/opt/ml/processing/input"), input("code", "/opt/ml/processing/input/code")},
                    {output("train", "/opt/ml/processing/train"), output("test", "/opt/ml/processing/test")}),
            "");
  EXPECT_EQ(refusal({}, {output("a", "/opt/ml/processing/a", "s3://bkt/same"),
                         output("b", "/opt/ml/processing/b", "s3://bkt/same")}),
            "")
      << "two outputs may share a prefix";
  EXPECT_EQ(refusal({input("x", "/opt/ml/processing/in")}, {output("x", "/opt/ml/processing/out")}), "")
      << "an input and an output may have one name";
  EXPECT_EQ(refusal({{.name = "app", .s3_uri = "s3://bkt/a", .app_managed = true}}), "")
      << "an application needs no path from us";
}

TEST(ProcessingSpec, RefusesWithAReason) {
  const std::string in = "/opt/ml/processing/in";
  EXPECT_NE(refusal({input("a", "/opt/ml/model")}).find("LocalPath must begin with /opt/ml/processing/"),
            std::string::npos);
  EXPECT_NE(refusal({}, {output("a", "/tmp/out")}).find("LocalPath must begin with"), std::string::npos);
  EXPECT_NE(refusal({input("a", in), input("a", in + "2")}).find("names must be unique"), std::string::npos);
  EXPECT_NE(refusal({input("a", in), input("b", in + "/")}).find("more than one"), std::string::npos);
  EXPECT_NE(refusal({input("a", in)}, {output("b", in)}).find("more than one"), std::string::npos);
  EXPECT_NE(refusal({input("a", "")}).find("LocalPath is required"), std::string::npos);
  EXPECT_NE(refusal({input("a", in, "https://bkt/x")}).find("not an S3 URI"), std::string::npos);
  EXPECT_NE(refusal({}, {output("a", in, "s3://")}).find("names no S3 bucket"), std::string::npos);
  auto pipe = input("a", in);
  pipe.input_mode = "Pipe";
  EXPECT_NE(refusal({pipe}).find("Pipe is not served"), std::string::npos);
  auto gzip = input("a", in);
  gzip.compression = "Gzip";
  EXPECT_NE(refusal({gzip}).find("Gzip can only be used with the S3InputMode Pipe"), std::string::npos);
}

TEST(ProcessingSpec, IsReadAsItWasWritten) {
  ProcessingSpec spec;
  spec.image = "account/image:tag";
  spec.entrypoint = {"python3", "a b.py"};
  spec.arguments = {"--x", ""};
  spec.role_arn = "arn:aws:iam::000000000000:role/R";
  spec.environment = {{"A", "1"}, {"B", "ü"}};
  spec.inputs = {{.name = "i",
                  .s3_uri = "s3://b/k",
                  .local_path = "/opt/ml/processing/i",
                  .s3_data_type = "ManifestFile",
                  .input_mode = "File",
                  .distribution = "ShardedByS3Key",
                  .compression = "Gzip",
                  .app_managed = true}};
  spec.outputs = {{.name = "o",
                   .s3_uri = "s3://b/o",
                   .local_path = "/opt/ml/processing/o",
                   .upload_mode = "Continuous",
                   .app_managed = true}};
  spec.instance_type = "ml.m5.large";
  spec.instance_count = 3;
  spec.volume_gb = 7;
  spec.max_runtime_seconds = 60;
  spec.network_isolation = true;
  spec.without_effect = {"NetworkConfig.VpcConfig"};
  auto read = decode_processing_spec(encode_spec(spec));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(encode_spec(*read), encode_spec(spec));
  EXPECT_EQ(read->inputs[0].compression, "Gzip");
  EXPECT_EQ(read->outputs[0].upload_mode, "Continuous");
  EXPECT_TRUE(read->network_isolation);

  auto older = decode_processing_spec(R"({"image":"i","inputs":[{"name":"x"}],"new":[1]})");
  ASSERT_TRUE(older);
  EXPECT_EQ(older->inputs[0].distribution, "FullyReplicated");
  EXPECT_EQ(older->max_runtime_seconds, 86400);
  for (const char* bad : {"", "[]", "{", "3"}) EXPECT_FALSE(decode_processing_spec(bad)) << bad;
}

}  // namespace
}  // namespace clary::jobs
