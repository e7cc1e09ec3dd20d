// A job as the domain sees it, of whatever kind: its life, and what it left. A plain value. Words for statuses are
// AWS's (TrainingJobStatus and SecondaryStatus, ProcessingJobStatus in the SageMaker API Reference).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/arn.hpp"
#include "base/time.hpp"

namespace clary::jobs {

struct Transition {
  std::string status, message;
  Time started;
  std::optional<Time> ended;
};

struct MetricValue {
  std::string name;
  double value = 0;
  Time time;
};

// Who asked for a job.
struct Creator {
  std::string arn, principal;  // of the caller's identity
};

struct Job {
  std::int64_t id = 0;
  Scope scope;
  std::string name, arn;
  std::string status = "InProgress";          // InProgress, Completed, Failed, Stopping, Stopped
  std::string secondary_status = "Starting";  // Starting, Pending, Downloading, Training (Processing), Uploading,
                                              // Restarting, Stopping, Stopped, MaxRuntimeExceeded, Completed, Failed
  std::string failure_reason;
  Time created, modified;
  std::optional<Time> started, ended;  // TrainingStartTime, TrainingEndTime
  std::vector<Transition> transitions;
  std::string document;  // the service's: the create request
  Creator creator;

  // What it left; a kind fills its own.
  std::string model_artifact;              // training: s3://.../model.tar.gz once it is there
  std::vector<MetricValue> final_metrics;  // training: the last value of each series
  std::string exit_message;                // processing: what stands in /opt/ml/output/message

  bool finished() const { return status == "Completed" || status == "Failed" || status == "Stopped"; }
};

}  // namespace clary::jobs
