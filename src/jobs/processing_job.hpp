// A processing job as the domain sees it: what was asked (ProcessingSpec) and what became of it (ProcessingJob). Plain
// values.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "jobs/job.hpp"

namespace clary::jobs {

struct ProcessingInput {
  std::string name;
  std::string s3_uri;
  std::string local_path;                 // absolute, inside
  std::string s3_data_type = "S3Prefix";  // S3Prefix, ManifestFile
  std::string input_mode = "File";
  std::string distribution = "FullyReplicated";
  std::string compression = "None";
  bool app_managed = false;  // the application fetches it itself
};

struct ProcessingOutput {
  std::string name;
  std::string s3_uri;
  std::string local_path;
  std::string upload_mode = "EndOfJob";  // EndOfJob, Continuous
  bool app_managed = false;              // the application puts it where it belongs itself
};

struct ProcessingSpec {
  std::string image;  // AppSpecification.ImageUri
  std::vector<std::string> entrypoint, arguments;
  std::string role_arn;
  std::map<std::string, std::string> environment;
  std::vector<ProcessingInput> inputs;
  std::vector<ProcessingOutput> outputs;
  std::string instance_type;
  std::int64_t instance_count = 1;
  std::int64_t volume_gb = 30;
  std::int64_t max_runtime_seconds = 86400;
  bool network_isolation = false;
  std::vector<std::string> without_effect;  // members of the request that mean nothing here; the log names them
};

using ProcessingJob = Job;

// What CreateProcessingJob refuses at once, worded for the client: paths that are not below /opt/ml/processing, names
// and paths that are given twice, URIs that are none, and what is not served here.
Outcome<void> check_processing_spec(const ProcessingSpec& spec);

// Where below the job's /opt/ml a LocalPath stands: {"processing", "input", "code"}. An Error for one that is not below
// /opt/ml/processing.
Outcome<std::vector<std::string>> processing_path(const std::string& local_path);

}  // namespace clary::jobs
