#include "services/sagemaker/job_lineage.hpp"

#include "jobs/processing_jobs.hpp"
#include "jobs/training_jobs.hpp"
#include "jobs/transform_jobs.hpp"
#include "meta/associations.hpp"
#include "services/sagemaker/job_facts.hpp"
#include "services/sagemaker/own_lineage.hpp"
#include "services/sagemaker/tracking.hpp"

namespace clary::services::sagemaker {

namespace {

constexpr std::string_view data_set = "DataSet";

struct Flow {
  std::vector<Thing> reads, writes;
  std::string model;  // the name of a model that it reads too
};

Outcome<Flow> flow_of_training(const jobs::Job& job) {
  TRY(auto in, wire::from_document<CreateTrainingJobInput>(CreateTrainingJobRequest_shape, job.document));
  Flow flow;
  if (in.AlgorithmSpecification) flow.reads.push_back({in.AlgorithmSpecification->TrainingImage.value_or(""), "Image"});
  for (const Channel& channel : in.InputDataConfig.value_or(std::vector<Channel>{})) {
    if (channel.DataSource.S3DataSource) flow.reads.push_back({channel.DataSource.S3DataSource->S3Uri, data_set});
  }
  flow.writes.push_back({job.model_artifact, "Model"});
  if (in.CheckpointConfig) flow.writes.push_back({in.CheckpointConfig->S3Uri, "Checkpoint"});
  if (in.TensorBoardOutputConfig) flow.writes.push_back({in.TensorBoardOutputConfig->S3OutputPath, "TensorBoard"});
  return flow;
}

Outcome<Flow> flow_of_processing(const jobs::Job& job) {
  TRY(auto in, wire::from_document<CreateProcessingJobInput>(CreateProcessingJobRequest_shape, job.document));
  Flow flow;
  flow.reads.push_back({in.AppSpecification.ImageUri, "Image"});
  for (const ProcessingInput& input : in.ProcessingInputs.value_or(std::vector<ProcessingInput>{})) {
    if (input.S3Input) flow.reads.push_back({input.S3Input->S3Uri, data_set});
  }
  if (!in.ProcessingOutputConfig) return flow;
  for (const ProcessingOutput& output : in.ProcessingOutputConfig->Outputs) {
    if (output.S3Output) flow.writes.push_back({output.S3Output->S3Uri, data_set});
  }
  return flow;
}

Outcome<Flow> flow_of_transform(const jobs::Job& job) {
  TRY(auto in, wire::from_document<CreateTransformJobInput>(CreateTransformJobRequest_shape, job.document));
  Flow flow;
  flow.model = in.ModelName;
  flow.reads.push_back({in.TransformInput.DataSource.S3DataSource.S3Uri, data_set});
  flow.writes.push_back({in.TransformOutput.S3OutputPath, data_set});
  return flow;
}

struct FlowOfKind {
  std::string_view record;
  Outcome<Flow> (*flow)(const jobs::Job& job);
};
constexpr FlowOfKind flows[] = {
    {jobs::training_kind, flow_of_training}, {jobs::processing_kind, flow_of_processing}, {jobs::transform_kind, flow_of_transform}};

// A component that is there already was an earlier job's of that name, since deleted; it is this one's now.
Outcome<void> write_reads(meta::Session& session, const meta::Record& component, const jobs::Job& job, Flow flow) {
  CHECK_OK(meta::erase_associations(session, component.id));
  if (!flow.model.empty()) {
    TRY(auto model, meta::find(session, model_kind, job.scope, flow.model));
    if (model) {
      TRY(auto in, wire::from_document<CreateModelInput>(CreateModelInput_shape, model->document));
      for (Thing& thing : things_of(in)) flow.reads.push_back(std::move(thing));
    }
  }
  return associate_from(session, flow.reads, "ContributedTo", component, job.created);
}

}  // namespace

jobs::JobObserver job_lineage() {
  jobs::JobObserver observer;
  observer.changed = [](meta::Session& session, std::string_view kind, const jobs::Job* before, const jobs::Job& job) -> Outcome<void> {
    const FlowOfKind* of = nullptr;
    for (const FlowOfKind& one : flows) {
      if (one.record == kind) of = &one;
    }
    const bool has_completed = before != nullptr && before->status != "Completed" && job.status == "Completed";
    const JobOfExperiment* experiment = job_of_experiment(kind);
    if (of == nullptr || experiment == nullptr || (before != nullptr && !has_completed)) return {};
    TRY(auto component, meta::find(session, trial_component_kind, job.scope, component_of(*experiment, job.name)));
    if (!component) return {};
    TRY(Flow flow, of->flow(job));
    if (before == nullptr) return write_reads(session, *component, job, std::move(flow));
    return associate_to(session, *component, "Produced", flow.writes, job.modified);
  };
  return observer;
}

}  // namespace clary::services::sagemaker
