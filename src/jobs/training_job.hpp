// A training job as the domain sees it: what was asked (TrainingSpec) and what became of it (TrainingJob). Plain
// values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "jobs/job.hpp"

namespace clary::jobs {

struct Channel {
  std::string name;
  std::string s3_data_type = "S3Prefix";  // S3Prefix, ManifestFile, AugmentedManifestFile
  std::string s3_uri;
  std::string distribution = "FullyReplicated";
  std::string content_type, compression = "None", record_wrapper = "None";
  std::string input_mode = "File";           // File, FastFile
  std::vector<std::string> attribute_names;  // of an AugmentedManifestFile
  std::optional<std::int64_t> shuffle_seed;  // ShuffleConfig
};

struct MetricDefinition {
  std::string name, regex;
};

struct TrainingSpec {
  std::string image;  // TrainingImage
  std::string role_arn;
  std::map<std::string, std::string> hyperparameters;
  std::vector<Channel> channels;
  std::string output_path;  // s3://bucket/prefix
  std::string output_compression = "GZIP";
  std::string instance_type;
  std::int64_t instance_count = 1;
  std::string instance_group = "homogeneousCluster";
  std::int64_t volume_gb = 30;
  std::int64_t max_runtime_seconds = 86400;
  std::vector<MetricDefinition> metrics;
  std::map<std::string, std::string> environment;
  std::vector<std::string> entrypoint, arguments;  // ContainerEntrypoint, ContainerArguments
  bool network_isolation = false;
  std::string checkpoint_uri;                           // CheckpointConfig; empty: none
  std::string checkpoint_path = "/opt/ml/checkpoints";  // inside
  std::int64_t retry_attempts = 0;                      // RetryStrategy.MaximumRetryAttempts
  std::vector<std::string> without_effect;  // members of the request that mean nothing here; its log names them
};

using TrainingJob = Job;

}  // namespace clary::jobs
