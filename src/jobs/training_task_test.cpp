#include "jobs/training_task.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "jobs/job_machine.hpp"
#include "jobs/training_files.hpp"
#include "jobs/training_spec.hpp"
#include "jobs/training_worker.hpp"

namespace clary::jobs {
namespace {

TrainingSpec example() {
  TrainingSpec spec;
  spec.image = "image";
  spec.hyperparameters = {{"a", "\"x\""}};
  spec.channels = {{"train", "S3Prefix", "s3://b/t", "FullyReplicated", "text/csv", "Gzip", "None", "File"}};
  spec.metrics = {{"acc", "a=(.*)"}};
  spec.environment = {{"E", "1"}};
  spec.entrypoint = {"/bin/bash"};
  spec.arguments = {"-c", "x"};
  spec.max_runtime_seconds = 60;
  spec.network_isolation = true;
  return spec;
}

TEST(TrainingFiles, AreWhatTheContractSays) {
  const TrainingSpec spec = example();
  EXPECT_EQ(hyperparameters_json(spec), R"({"a":"\"x\""})");
  auto inputs = boost::json::parse(input_data_config_json(spec));
  EXPECT_EQ(inputs.at("train").at("TrainingInputMode").as_string(), "File");
  EXPECT_EQ(inputs.at("train").at("ContentType").as_string(), "text/csv");
  auto resources = boost::json::parse(resource_config_json(spec, "algo-1", {"algo-1"}));
  EXPECT_EQ(resources.at("current_host").as_string(), "algo-1");
  EXPECT_EQ(resources.at("hosts").as_array().size(), 1u);
  EXPECT_EQ(resources.at("instance_groups").at(0).at("hosts").at(0).as_string(), "algo-1");
  EXPECT_TRUE(resources.as_object().contains("network_interface_name"));
  EXPECT_EQ(hyperparameters_json({}), "{}");
}

TEST(TrainingFiles, OfSeveralHosts) {
  auto resources = boost::json::parse(resource_config_json(example(), "algo-2", {"algo-1", "algo-2"}));
  EXPECT_EQ(resources.at("current_host").as_string(), "algo-2");
  EXPECT_EQ(resources.at("hosts").as_array().size(), 2u);
  EXPECT_EQ(resources.at("instance_groups").at(0).at("hosts").at(1).as_string(), "algo-2");
  EXPECT_EQ(resources.at("network_interface_name").as_string(), "eth0");
}

TEST(WorkerId, NamesItsJob) {
  const JobKind& kind = training_job_kind;
  EXPECT_EQ(worker_id(kind, 42, 0, 0), "train-42-algo-1");
  EXPECT_EQ(worker_id(kind, 42, 1, 2), "train-42-algo-3-2");
  EXPECT_EQ(job_of_worker(kind, worker_id(kind, 42, 0, 0)), 42);
  EXPECT_EQ(job_of_worker(kind, worker_id(kind, 42, 3, 11)), 42);
  EXPECT_FALSE(job_of_worker(kind, "train-x-algo-1"));
  EXPECT_FALSE(job_of_worker(kind, "train-42"));
  EXPECT_FALSE(job_of_worker(kind, "endpoint-42-1"));
}

TEST(TrainingSpec, ComesBackWhole) {
  TrainingSpec spec = example();
  spec.channels[0].attribute_names = {"source-ref", "label"};
  spec.channels[0].shuffle_seed = 17;
  spec.checkpoint_uri = "s3://b/c";
  spec.checkpoint_path = "/opt/ml/state";
  spec.retry_attempts = 3;
  spec.instance_count = 2;
  auto back = decode_spec(encode_spec(spec));
  ASSERT_TRUE(back);
  EXPECT_EQ(encode_spec(*back), encode_spec(spec));
  EXPECT_EQ(back->channels[0].attribute_names, spec.channels[0].attribute_names);
  EXPECT_EQ(back->channels[0].shuffle_seed, 17);
  EXPECT_EQ(back->checkpoint_path, "/opt/ml/state");
  EXPECT_EQ(back->retry_attempts, 3);
  EXPECT_TRUE(back->network_isolation);
  EXPECT_FALSE(decode_spec("[]"));
}

TEST(TrainingWorker, CommandAndEnvironment) {
  TrainingSpec spec = example();
  spec.environment["TRAINING_JOB_NAME"] = "spoofed";
  Job job;
  job.name = "job";
  Host host;
  host.names = {"algo-1"};
  runtimes::Environment environment;
  environment.folder = "/cache/env";
  environment.python = "/cache/env/bin/python";
  environment.version.environment = {{"OF_VERSION", "1"}};
  workers::Surroundings surroundings{{{"AWS_ENDPOINT_URL", "http://127.0.0.1:9080"}, {"E", "0"}},
                                     {{"/ca", "/ca", false}}};
  auto worker = training_worker(job, spec, host, {environment, surroundings, {2, 1024}}, {"/python", "/bin/clary-train"});
  EXPECT_EQ(worker.command, (std::vector<std::string>{"/cache/env/bin/python", "-m", "clary_runtime.command", "--",
                                                      "/bin/bash", "-c", "x"}));
  EXPECT_EQ(worker.environment["E"], "1");
  EXPECT_EQ(worker.environment["TRAINING_JOB_NAME"], "job");
  EXPECT_EQ(worker.environment["OF_VERSION"], "1");
  EXPECT_TRUE(worker.environment["PATH"].starts_with("/cache/env/bin:"));
  EXPECT_EQ(worker.environment["PYTHONPATH"], "/opt/clary/runtime");
  spec.entrypoint.clear();
  spec.arguments.clear();
  worker = training_worker(job, spec, host, {environment, surroundings, {2, 1024}}, {"/python", "/bin/clary-train"});
  EXPECT_EQ(worker.command, (std::vector<std::string>{"/cache/env/bin/python", "-m", "clary_runtime.train"}));
}

TEST(TrainingWorker, AJobWithoutAScriptTrainsTheAlgorithm) {
  TrainingSpec spec = example();
  spec.entrypoint.clear();
  spec.arguments.clear();
  runtimes::Environment environment;
  environment.folder = "/cache/env";
  environment.python = "/cache/env/bin/python";
  environment.version.algorithm = "xgboost";
  Host host;
  host.names = {"algo-1"};
  const workers::Surroundings nothing;
  const auto command = [&] {
    return training_worker({}, spec, host, {environment, nothing, {2, 1024}}, {"/python", "/bin/clary-train"}).command;
  };
  EXPECT_EQ(command(), (std::vector<std::string>{"/opt/clary/clary-train", "--environment", "/cache/env", "--prefix", "/opt/ml"}));
  spec.hyperparameters["sagemaker_program"] = "\"train.py\"";
  EXPECT_EQ(command().front(), "/cache/env/bin/python");
  spec.hyperparameters.erase("sagemaker_program");
  spec.entrypoint = {"/bin/bash"};
  EXPECT_EQ(command().front(), "/cache/env/bin/python");
  environment.version.algorithm.clear();
  EXPECT_FALSE(trains_algorithm(spec, environment.version));
}

}  // namespace
}  // namespace clary::jobs
