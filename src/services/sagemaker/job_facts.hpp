// What a job's request says of it as a step of an experiment: its parameters, what it reads and writes, and the trial that it belongs to. From the
// documents of jobs' records, one function a kind of job. Thread rule: pure functions. Invariant: every value is within what a trial component
// may hold.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "jobs/job.hpp"
#include "services/sagemaker/resources.hpp"

namespace clary::services::sagemaker {

struct JobFacts {
  std::map<std::string, TrialComponentParameterValue> parameters;
  std::map<std::string, TrialComponentArtifact> inputs, outputs;
  std::optional<ExperimentConfig> experiment;
};

struct JobOfExperiment {
  std::string_view kind;            // of its record: "training-job"
  std::string_view suffix;          // of its trial component's name: "-aws-training-job"
  std::string_view source_type;     // "SageMakerTrainingJob"
  Outcome<JobFacts> (*facts)(std::string_view document);
  std::string (*message)(const jobs::Job& job);  // of the component's status
};
// Null for a kind whose jobs are no steps of experiments.
const JobOfExperiment* job_of_experiment(std::string_view kind);

// The name of the trial component of such a job.
std::string component_of(const JobOfExperiment& kind, const std::string& job);

}  // namespace clary::services::sagemaker
