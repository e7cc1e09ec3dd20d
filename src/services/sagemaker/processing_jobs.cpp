#include "jobs/processing_jobs.hpp"

#include "services/sagemaker/describe.hpp"
#include "services/sagemaker/handlers.hpp"
#include "services/sagemaker/resources.hpp"
#include "services/sagemaker/retries.hpp"

namespace clary::services::sagemaker {

namespace {

constexpr std::int64_t default_max_runtime = 86400;

// What the model allows and this server cannot do: refused at once rather than done wrongly.
Outcome<void> check_served(const CreateProcessingJobInput& in) {
  const ProcessingClusterConfig& cluster = in.ProcessingResources.ClusterConfig;
  if (!cluster.InstanceType || !cluster.InstanceCount)
    return validation("ProcessingResources.ClusterConfig.InstanceType and InstanceCount are required (InstancePreferences are not served).");
  if (in.ProcessingInputs) {
    for (const ProcessingInput& input : *in.ProcessingInputs) {
      if (input.DatasetDefinition)
        return validation("Processing input \"{}\": DatasetDefinition (Athena, Redshift) is not served; use S3Input.", input.InputName);
      if (!input.S3Input) return validation("Processing input \"{}\": S3Input is required.", input.InputName);
    }
  }
  if (!in.ProcessingOutputConfig) return {};
  for (const ProcessingOutput& output : in.ProcessingOutputConfig->Outputs) {
    if (output.FeatureStoreOutput)
      return validation("Processing output \"{}\": FeatureStoreOutput is not served; use S3Output.", output.OutputName);
    if (!output.S3Output) return validation("Processing output \"{}\": S3Output is required.", output.OutputName);
  }
  return {};
}

jobs::ProcessingInput to_input(const ProcessingInput& in) {
  jobs::ProcessingInput input;
  input.name = in.InputName;
  input.s3_uri = in.S3Input->S3Uri;
  input.local_path = in.S3Input->LocalPath.value_or("");
  input.s3_data_type = in.S3Input->S3DataType;
  input.input_mode = in.S3Input->S3InputMode.value_or("File");
  input.distribution = in.S3Input->S3DataDistributionType.value_or("FullyReplicated");
  input.compression = in.S3Input->S3CompressionType.value_or("None");
  input.app_managed = in.AppManaged.value_or(false);
  return input;
}

jobs::ProcessingOutput to_output(const ProcessingOutput& in) {
  jobs::ProcessingOutput output;
  output.name = in.OutputName;
  output.s3_uri = in.S3Output->S3Uri;
  output.local_path = in.S3Output->LocalPath.value_or("");
  output.upload_mode = in.S3Output->S3UploadMode;
  output.app_managed = in.AppManaged.value_or(false);
  return output;
}

// What is kept, and shown, and nothing more.
std::vector<std::string> without_effect(const CreateProcessingJobInput& in) {
  std::vector<std::string> names;
  if (in.NetworkConfig && in.NetworkConfig->VpcConfig) names.emplace_back("NetworkConfig.VpcConfig");
  if (in.NetworkConfig && in.NetworkConfig->EnableInterContainerTrafficEncryption.value_or(false))
    names.emplace_back("NetworkConfig.EnableInterContainerTrafficEncryption");
  if (in.ProcessingOutputConfig && !in.ProcessingOutputConfig->KmsKeyId.value_or("").empty()) names.emplace_back("ProcessingOutputConfig.KmsKeyId");
  if (!in.ProcessingResources.ClusterConfig.VolumeKmsKeyId.value_or("").empty())
    names.emplace_back("ProcessingResources.ClusterConfig.VolumeKmsKeyId");
  return names;
}

jobs::ProcessingSpec to_spec(const CreateProcessingJobInput& in) {
  jobs::ProcessingSpec spec;
  spec.image = in.AppSpecification.ImageUri;
  spec.entrypoint = in.AppSpecification.ContainerEntrypoint.value_or(std::vector<std::string>{});
  spec.arguments = in.AppSpecification.ContainerArguments.value_or(std::vector<std::string>{});
  spec.role_arn = in.RoleArn;
  spec.environment = in.Environment.value_or(std::map<std::string, std::string>{});
  if (in.ProcessingInputs) {
    for (const ProcessingInput& input : *in.ProcessingInputs) spec.inputs.push_back(to_input(input));
  }
  if (in.ProcessingOutputConfig) {
    for (const ProcessingOutput& output : in.ProcessingOutputConfig->Outputs) spec.outputs.push_back(to_output(output));
  }
  const ProcessingClusterConfig& cluster = in.ProcessingResources.ClusterConfig;
  spec.instance_type = *cluster.InstanceType;
  spec.instance_count = *cluster.InstanceCount;
  spec.volume_gb = cluster.VolumeSizeInGB;
  spec.max_runtime_seconds = in.StoppingCondition ? in.StoppingCondition->MaxRuntimeInSeconds : default_max_runtime;
  if (in.NetworkConfig) spec.network_isolation = in.NetworkConfig->EnableNetworkIsolation.value_or(false);
  spec.without_effect = without_effect(in);
  return spec;
}

// AWS always tells these, also when the request did not.
void add_defaults(DescribeProcessingJobOutput& out) {
  if (!out.StoppingCondition) out.StoppingCondition = ProcessingStoppingCondition{.MaxRuntimeInSeconds = default_max_runtime};
  if (out.ProcessingInputs) {
    for (ProcessingInput& input : *out.ProcessingInputs) {
      if (!input.AppManaged) input.AppManaged = false;
    }
  }
  if (out.ProcessingOutputConfig) {
    for (ProcessingOutput& output : out.ProcessingOutputConfig->Outputs) {
      if (!output.AppManaged) output.AppManaged = false;
    }
  }
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

Outcome<CreateProcessingJobOutput> create_processing_job(Context& call, const CreateProcessingJobInput& in) {
  CHECK_OK(check_served(in));
  CHECK_OK(check_tags(in.Tags));
  std::string document = with_invocation(call.request, wire::to_document(CreateProcessingJobRequest_shape, in));
  auto job = call.processing.create(call.scope, in.ProcessingJobName, to_spec(in), std::move(document), to_tags(in.Tags),
                                    creator_of(call));
  if (!job && job.error().kind == ErrorKind::already_exists) {
    TRY(auto earlier, call.processing.find(call.scope, in.ProcessingJobName));
    if (earlier && repeats(call.request, earlier->document)) return CreateProcessingJobOutput{.ProcessingJobArn = earlier->arn};
    return aws_error(ErrorKind::in_use, "ResourceInUse",
                     "Job name must be unique within an AWS account and region, and a job with this name already exists ({})",
                     sagemaker_arn(call.scope, jobs::processing_kind, in.ProcessingJobName));
  }
  if (!job) return std::move(job).error();
  return CreateProcessingJobOutput{.ProcessingJobArn = job->arn};
}

Outcome<DescribeProcessingJobOutput> described_processing_job(const jobs::ProcessingJob& job) {
  // Describe has all members of Create but the tags, and those that only a creator of ours can set (MonitoringScheduleArn).
  TRY(auto out, wire::from_document<DescribeProcessingJobOutput>(DescribeProcessingJobResponse_shape, job.document));
  out.ProcessingJobArn = job.arn;
  out.ProcessingJobStatus = job.status;
  out.ExitMessage = job.finished() ? unless_empty(job.exit_message) : std::nullopt;
  out.FailureReason = unless_empty(job.failure_reason);
  out.CreationTime = job.created;
  out.LastModifiedTime = job.modified;
  out.ProcessingStartTime = job.started;
  out.ProcessingEndTime = job.ended;
  add_defaults(out);
  return out;
}

Outcome<DescribeProcessingJobOutput> describe_processing_job(Context& call, const DescribeProcessingJobInput& in) {
  TRY(auto job, call.processing.find(call.scope, in.ProcessingJobName));
  if (!job) return make_error(ErrorKind::not_found, "Requested resource not found.");
  if (!job->finished() && call.should_wait(job->arn, job->id))
    return call.wait(job->arn, [&](std::function<void()> wake) { return call.processing.when_finished(job->id, std::move(wake)); });
  return described_processing_job(*job);
}

Outcome<ListProcessingJobsOutput> list_processing_jobs(Context& call, const ListProcessingJobsInput& in) {
  TRY(meta::Page page, call.processing.list(to_query(jobs::processing_kind, call.scope, in, false)));
  ListProcessingJobsOutput out;
  out.ProcessingJobSummaries.emplace();
  for (const meta::Record& record : page.records) {
    jobs::ProcessingJob job = jobs::ProcessingJobs::from_record(record);
    out.ProcessingJobSummaries->push_back({.ProcessingJobName = job.name,
                                           .ProcessingJobArn = job.arn,
                                           .CreationTime = job.created,
                                           .ProcessingEndTime = job.ended,
                                           .LastModifiedTime = job.modified,
                                           .ProcessingJobStatus = job.status,
                                           .FailureReason = unless_empty(job.failure_reason),
                                           .ExitMessage = job.finished() ? unless_empty(job.exit_message) : std::nullopt});
  }
  out.NextToken = next_token(page);
  return out;
}

Outcome<StopProcessingJobOutput> stop_processing_job(Context& call, const StopProcessingJobInput& in) {
  TRY(auto job, call.processing.find(call.scope, in.ProcessingJobName));
  if (!job) return make_error(ErrorKind::not_found, "Requested resource not found.");
  if (job->finished() || job->status == "Stopping")
    return validation("The request was rejected because the processing job is in status {}.", job->status);
  CHECK_OK(call.processing.stop(job->id));  // returns at once: the state machine walks to Stopped
  call.first_look.end(job->arn);
  return StopProcessingJobOutput{};
}

Outcome<DeleteProcessingJobOutput> delete_processing_job(Context& call, const DeleteProcessingJobInput& in) {
  TRY(auto job, call.processing.find(call.scope, in.ProcessingJobName));
  if (!job) return make_error(ErrorKind::not_found, "Requested resource not found.");
  auto erased = call.processing.erase(*job);
  if (!erased && erased.error().kind == ErrorKind::in_use)
    return aws_error(ErrorKind::in_use, "ResourceInUse", "{}", erased.error().message);
  CHECK_OK(std::move(erased));
  return DeleteProcessingJobOutput{};
}

}  // namespace clary::services::sagemaker
