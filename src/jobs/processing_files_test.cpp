#include "jobs/processing_files.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace clary::jobs {
namespace {

namespace json = boost::json;

TEST(ProcessingFiles, TheConfigIsTheRequestWithWhatItLeftOut) {
  ProcessingJob job;
  job.name = "prep";
  job.arn = "arn:aws:sagemaker:us-east-1:000000000000:processing-job/prep";
  job.document = R"({"ProcessingJobName":"prep","RoleArn":"r","-invocation":"x","Tags":[{"Key":"k","Value":"v"}],
    "AppSpecification":{"ImageUri":"i","ContainerEntrypoint":["python3"]},
    "ProcessingInputs":[{"InputName":"in","S3Input":{"S3Uri":"s3://b/k","S3DataType":"S3Prefix",
      "LocalPath":"/opt/ml/processing/in","S3CompressionType":"Gzip"}}],
    "ProcessingOutputConfig":{"Outputs":[{"OutputName":"o","S3Output":{"S3Uri":"s3://b/o","S3UploadMode":"EndOfJob"}}]},
    "ProcessingResources":{"ClusterConfig":{"InstanceCount":2,"InstanceType":"ml.m5.large","VolumeSizeInGB":3}}})";
  const json::value config = json::parse(processing_job_config_json(job));
  EXPECT_EQ(config.at("ProcessingJobArn"), job.arn.c_str());
  EXPECT_EQ(config.at("ProcessingJobName"), "prep");
  EXPECT_EQ(config.at("RoleArn"), "r");
  EXPECT_FALSE(config.as_object().contains("-invocation"));
  EXPECT_FALSE(config.as_object().contains("Tags"));
  EXPECT_TRUE(config.at("AppSpecification").at("ContainerArguments").is_null());
  EXPECT_EQ(config.at("AppSpecification").at("ContainerEntrypoint"), (json::array{"python3"}));
  const auto& input = config.at("ProcessingInputs").at(0).at("S3Input");
  EXPECT_EQ(input.at("S3CompressionType"), "Gzip");
  EXPECT_EQ(input.at("S3InputMode"), "File");
  EXPECT_EQ(input.at("S3DataDistributionType"), "FullyReplicated");
  EXPECT_TRUE(config.at("ProcessingOutputConfig").at("KmsKeyId").is_null());
  EXPECT_EQ(config.at("ProcessingOutputConfig").at("Outputs").at(0).at("AppManaged"), false);
  EXPECT_TRUE(config.at("ProcessingResources").at("ClusterConfig").at("VolumeKmsKeyId").is_null());
  EXPECT_EQ(config.at("StoppingCondition").at("MaxRuntimeInSeconds"), 86400);
  EXPECT_EQ(config.at("Environment"), json::object());
}

TEST(ProcessingFiles, ABareRequestGivesAConfigToo) {
  ProcessingJob job;
  job.name = "prep";
  for (const char* document : {"", "{}", "[]", "{\"ProcessingInputs\":5,\"ProcessingOutputConfig\":[]}"}) {
    job.document = document;
    const json::value config = json::parse(processing_job_config_json(job));
    EXPECT_EQ(config.at("ProcessingJobName"), "prep") << document;
  }
}

TEST(ProcessingFiles, TheHosts) {
  EXPECT_EQ(json::parse(processing_resource_config_json("algo-2", {"algo-1", "algo-2"})),
            (json::value{{"current_host", "algo-2"}, {"hosts", {"algo-1", "algo-2"}}}));
}

TEST(ExitMessage, IsWhatAllHostsSaidCutToAKilobyte) {
  EXPECT_EQ(*exit_message({}), "");
  EXPECT_EQ(*exit_message({"", "two", "", "four"}), "twofour");
  EXPECT_EQ(*exit_message({std::string(2000, 'a')}), std::string(1024, 'a'));
  EXPECT_EQ(*exit_message({std::string(1023, 'a') + "ü" + "b"}), std::string(1023, 'a')) << "cut between characters";
  EXPECT_EQ(*exit_message({std::string(1000, 'a'), std::string(1000, 'b')}),
            std::string(1000, 'a') + std::string(24, 'b'));
}

TEST(ExitMessage, MustBeText) {
  EXPECT_FALSE(exit_message({"\xff\xfe"}));
  EXPECT_FALSE(exit_message({"ok", "caf\xe9"}));
  // What was cut when it was read is no fault of the job's.
  const std::string begun = std::string(exit_message_read_size - 1, 'a') + "\xc3";
  EXPECT_EQ(*exit_message({begun}), std::string(1024, 'a'));
  EXPECT_FALSE(exit_message({std::string(exit_message_read_size, '\xff')}));
}

}  // namespace
}  // namespace clary::jobs
