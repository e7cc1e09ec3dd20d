// A transform job as the domain sees it: what was asked (TransformSpec) and what became of it (TransformJob). Plain values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "jobs/job.hpp"
#include "models/container.hpp"
#include "transform/data_processing.hpp"

namespace clary::jobs {

struct TransformSpec {
  models::ContainerSpec container;  // the model's
  std::string role_arn;             // the model's execution role
  bool network_isolation = false;   // the model's
  std::map<std::string, std::string> environment;

  std::string s3_data_type = "S3Prefix";  // S3Prefix, ManifestFile
  std::string input_uri, output_path;
  std::string content_type, accept;
  std::string compression = "None";    // None, Gzip
  std::string split_type = "None";     // None, Line, RecordIO, TFRecord
  std::string assemble_with = "None";  // None, Line
  std::string batch_strategy;          // SingleRecord, MultiRecord; empty: as the model server says
  std::optional<std::int64_t> max_payload_mb, max_concurrent;  // nothing: as the model server says
  transform::DataProcessingSpec processing;
  std::int64_t invocation_timeout_seconds = 600, invocation_retries = 3;
  std::string capture_uri;  // DataCaptureConfig.DestinationS3Uri
  bool inference_ids = false;  // its GenerateInferenceId

  std::string instance_type;
  std::int64_t instance_count = 1;
  std::vector<std::string> without_effect;  // members of the request that mean nothing here; the log names them
};

using TransformJob = Job;

// What CreateTransformJob refuses at once, worded for the client.
Outcome<void> check_transform_spec(const TransformSpec& spec);

std::string encode_spec(const TransformSpec& spec);
Outcome<TransformSpec> decode_transform_spec(std::string_view text);

// Its DataProcessing, for a job that was started then. Invariant: of a spec that passed the check it is no Error.
Outcome<transform::DataProcessing> processing_of(const TransformSpec& spec, Time started);

}  // namespace clary::jobs
