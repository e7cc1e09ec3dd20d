#include "services/sagemaker/job_facts.hpp"

#include <charconv>
#include <cmath>

#include "jobs/failure_reason.hpp"
#include "jobs/processing_jobs.hpp"
#include "jobs/training_jobs.hpp"
#include "jobs/transform_jobs.hpp"

namespace clary::services::sagemaker {

namespace {

// As the published model bounds a trial component's values.
constexpr std::size_t longest_text = 2500, longest_media_type = 64, longest_artifact = 2048, longest_message = 1024, most_artifacts = 60;

TrialComponentParameterValue text_value(std::string_view text) {
  return {.StringValue = jobs::shorten(text, longest_text)};
}

TrialComponentParameterValue number_value(std::int64_t number) {
  return {.NumberValue = static_cast<double>(number)};
}

// A number where the whole of it is one; else the text as it was sent, quotes included.
TrialComponentParameterValue hyperparameter_value(std::string_view text) {
  double number = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code == std::errc() && end == text.data() + text.size() && std::isfinite(number)) return {.NumberValue = number};
  return text_value(text);
}

void add(std::map<std::string, TrialComponentArtifact>& artifacts, const std::string& name, std::string_view uri,
         const std::optional<std::string>& media_type = std::nullopt) {
  if (uri.empty() || uri.size() > longest_artifact || artifacts.size() == most_artifacts) return;
  TrialComponentArtifact& artifact = artifacts[name];
  artifact.Value = uri;
  if (media_type && !media_type->empty() && media_type->size() <= longest_media_type) artifact.MediaType = media_type;
}

void set_resources(JobFacts& facts, const std::string& image, const std::optional<std::string>& type, std::optional<std::int64_t> count,
                   std::optional<std::int64_t> volume_gb) {
  if (!image.empty()) facts.parameters["SageMaker.ImageUri"] = text_value(image);
  if (type) facts.parameters["SageMaker.InstanceType"] = text_value(*type);
  if (count) facts.parameters["SageMaker.InstanceCount"] = number_value(*count);
  if (volume_gb) facts.parameters["SageMaker.VolumeSizeInGB"] = number_value(*volume_gb);
}

void set_resources(JobFacts& facts, const std::string& image, const ResourceConfig& resources) {
  if (resources.InstanceGroups && !resources.InstanceGroups->empty()) {
    const InstanceGroup& group = resources.InstanceGroups->front();
    return set_resources(facts, image, group.InstanceType, group.InstanceCount, resources.VolumeSizeInGB);
  }
  set_resources(facts, image, resources.InstanceType, resources.InstanceCount, resources.VolumeSizeInGB);
}

Outcome<JobFacts> facts_of_training(std::string_view document) {
  TRY(auto request, wire::from_document<CreateTrainingJobRequest>(CreateTrainingJobRequest_shape, document));
  JobFacts facts;
  if (request.HyperParameters) {
    for (const auto& [name, value] : *request.HyperParameters) facts.parameters[name] = hyperparameter_value(value);
  }
  const std::string image = request.AlgorithmSpecification ? request.AlgorithmSpecification->TrainingImage.value_or("") : "";
  if (request.ResourceConfig) set_resources(facts, image, *request.ResourceConfig);
  if (request.InputDataConfig) {
    for (const Channel& channel : *request.InputDataConfig) {
      if (const auto& source = channel.DataSource.S3DataSource) add(facts.inputs, channel.ChannelName, source->S3Uri, channel.ContentType);
    }
  }
  if (request.DebugHookConfig) add(facts.outputs, "SageMaker.DebugHookOutput", request.DebugHookConfig->S3OutputPath);
  facts.experiment = request.ExperimentConfig;
  return facts;
}

Outcome<JobFacts> facts_of_processing(std::string_view document) {
  TRY(auto request, wire::from_document<CreateProcessingJobRequest>(CreateProcessingJobRequest_shape, document));
  JobFacts facts;
  const ProcessingClusterConfig& cluster = request.ProcessingResources.ClusterConfig;
  set_resources(facts, request.AppSpecification.ImageUri, cluster.InstanceType, cluster.InstanceCount, cluster.VolumeSizeInGB);
  if (request.ProcessingInputs) {
    for (const ProcessingInput& input : *request.ProcessingInputs) {
      if (input.S3Input) add(facts.inputs, input.InputName, input.S3Input->S3Uri);
    }
  }
  if (request.ProcessingOutputConfig) {
    for (const ProcessingOutput& output : request.ProcessingOutputConfig->Outputs) {
      if (output.S3Output) add(facts.outputs, output.OutputName, output.S3Output->S3Uri);
    }
  }
  facts.experiment = request.ExperimentConfig;
  return facts;
}

Outcome<JobFacts> facts_of_transform(std::string_view document) {
  TRY(auto request, wire::from_document<CreateTransformJobRequest>(CreateTransformJobRequest_shape, document));
  JobFacts facts;
  facts.parameters["SageMaker.ModelName"] = text_value(request.ModelName);
  set_resources(facts, {}, request.TransformResources.InstanceType, request.TransformResources.InstanceCount, std::nullopt);
  add(facts.inputs, "SageMaker.TransformInput", request.TransformInput.DataSource.S3DataSource.S3Uri, request.TransformInput.ContentType);
  add(facts.outputs, "SageMaker.TransformOutput", request.TransformOutput.S3OutputPath, request.TransformOutput.Accept);
  facts.experiment = request.ExperimentConfig;
  return facts;
}

std::string reason(const jobs::Job& job) {
  return job.status == "Failed" ? job.failure_reason : "";
}

std::string training_message(const jobs::Job& job) {
  return jobs::shorten(fmt::format("Status: {}, secondary status: {}, failure reason: {}.", job.status, job.secondary_status, reason(job)), longest_message);
}

std::string processing_message(const jobs::Job& job) {
  const std::string exit = job.finished() ? job.exit_message : "";
  return jobs::shorten(fmt::format("Status: {}, exit message: {}, failure reason: {}.", job.status, exit, reason(job)), longest_message);
}

std::string transform_message(const jobs::Job& job) {
  return jobs::shorten(fmt::format("Status: {}, failure reason: {}.", job.status, reason(job)), longest_message);
}

constexpr JobOfExperiment jobs_of_experiments[] = {
    {jobs::training_kind, "-aws-training-job", "SageMakerTrainingJob", facts_of_training, training_message},
    {jobs::processing_kind, "-aws-processing-job", "SageMakerProcessingJob", facts_of_processing, processing_message},
    {jobs::transform_kind, "-aws-transform-job", "SageMakerTransformJob", facts_of_transform, transform_message},
};

}  // namespace

const JobOfExperiment* job_of_experiment(std::string_view kind) {
  for (const JobOfExperiment& one : jobs_of_experiments) {
    if (one.kind == kind) return &one;
  }
  return nullptr;
}

std::string component_of(const JobOfExperiment& kind, const std::string& job) {
  return job + std::string(kind.suffix);
}

}  // namespace clary::services::sagemaker
