#include "jobs/transform_jobs.hpp"

#include "services/sagemaker/describe.hpp"
#include "services/sagemaker/handlers.hpp"
#include "services/sagemaker/model_container.hpp"
#include "services/sagemaker/resources.hpp"
#include "services/sagemaker/retries.hpp"

namespace clary::services::sagemaker {

namespace {

// What is kept, and shown, and nothing more.
std::vector<std::string> without_effect(const CreateTransformJobInput& in) {
  std::vector<std::string> names;
  if (!in.TransformOutput.KmsKeyId.value_or("").empty()) names.emplace_back("TransformOutput.KmsKeyId");
  if (!in.TransformResources.VolumeKmsKeyId.value_or("").empty()) names.emplace_back("TransformResources.VolumeKmsKeyId");
  if (in.TransformResources.TransformAmiVersion) names.emplace_back("TransformResources.TransformAmiVersion");
  if (in.DataCaptureConfig && !in.DataCaptureConfig->KmsKeyId.value_or("").empty()) names.emplace_back("DataCaptureConfig.KmsKeyId");
  return names;
}

void take_input(const TransformInput& in, jobs::TransformSpec& spec) {
  spec.s3_data_type = in.DataSource.S3DataSource.S3DataType;
  spec.input_uri = in.DataSource.S3DataSource.S3Uri;
  spec.content_type = in.ContentType.value_or("");
  spec.compression = in.CompressionType.value_or("None");
  spec.split_type = in.SplitType.value_or("None");
}

void take_client_config(const CreateTransformJobInput& in, jobs::TransformSpec& spec) {
  if (in.DataProcessing) {
    spec.processing.input_filter = in.DataProcessing->InputFilter.value_or("$");
    spec.processing.output_filter = in.DataProcessing->OutputFilter.value_or("$");
    spec.processing.join_input = in.DataProcessing->JoinSource == "Input";
  }
  if (in.ModelClientConfig) {
    spec.invocation_timeout_seconds = in.ModelClientConfig->InvocationsTimeoutInSeconds.value_or(600);
    spec.invocation_retries = in.ModelClientConfig->InvocationsMaxRetries.value_or(3);
  }
  if (in.DataCaptureConfig) {
    spec.capture_uri = in.DataCaptureConfig->DestinationS3Uri;
    spec.inference_ids = in.DataCaptureConfig->GenerateInferenceId.value_or(false);
  }
}

jobs::TransformSpec to_spec(const CreateTransformJobInput& in, const ServedModel& model) {
  jobs::TransformSpec spec;
  spec.container = model.container;
  spec.role_arn = model.role_arn;
  spec.network_isolation = model.network_isolation;
  spec.environment = in.Environment.value_or(std::map<std::string, std::string>{});
  take_input(in.TransformInput, spec);
  spec.output_path = in.TransformOutput.S3OutputPath;
  spec.accept = in.TransformOutput.Accept.value_or("");
  spec.assemble_with = in.TransformOutput.AssembleWith.value_or("None");
  spec.batch_strategy = in.BatchStrategy.value_or("");
  if (in.MaxPayloadInMB) spec.max_payload_mb = *in.MaxPayloadInMB;
  if (in.MaxConcurrentTransforms) spec.max_concurrent = *in.MaxConcurrentTransforms;
  take_client_config(in, spec);
  spec.instance_type = in.TransformResources.InstanceType;
  spec.instance_count = in.TransformResources.InstanceCount;
  spec.without_effect = without_effect(in);
  return spec;
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

// As AWS names a job that is not there.
Outcome<jobs::TransformJob> find_job(Context& call, const std::string& name) {
  TRY(auto job, call.transforms.find(call.scope, name));
  if (!job) return make_error(ErrorKind::not_found, "Could not find requested job with name: {}", name);
  return *std::move(job);
}

}  // namespace

Outcome<CreateTransformJobOutput> create_transform_job(Context& call, const CreateTransformJobInput& in) {
  CHECK_OK(check_tags(in.Tags));
  TRY(const ServedModel model, find_served_model(call, in.ModelName));
  std::string document = with_invocation(call.request, wire::to_document(CreateTransformJobRequest_shape, in));
  auto job = call.transforms.create(call.scope, in.TransformJobName, to_spec(in, model), std::move(document), to_tags(in.Tags), creator_of(call));
  if (!job && job.error().kind == ErrorKind::already_exists) {
    TRY(auto earlier, call.transforms.find(call.scope, in.TransformJobName));
    if (earlier && repeats(call.request, earlier->document)) return CreateTransformJobOutput{.TransformJobArn = earlier->arn};
    return aws_error(ErrorKind::in_use, "ResourceInUse",
                     "Job name must be unique within an AWS account and region, and a job with this name already exists ({})",
                     sagemaker_arn(call.scope, jobs::transform_kind, in.TransformJobName));
  }
  if (!job) return std::move(job).error();
  return CreateTransformJobOutput{.TransformJobArn = job->arn};
}

Outcome<DescribeTransformJobOutput> described_transform_job(const jobs::TransformJob& job) {
  TRY(auto out, wire::from_document<DescribeTransformJobOutput>(DescribeTransformJobResponse_shape, job.document));
  out.TransformJobArn = job.arn;
  out.TransformJobStatus = job.status;
  out.FailureReason = unless_empty(job.failure_reason);
  out.CreationTime = job.created;
  out.TransformStartTime = job.started;
  out.TransformEndTime = job.ended;
  // AWS always tells these, also when the request did not.
  if (out.TransformInput && !out.TransformInput->CompressionType) out.TransformInput->CompressionType = "None";
  if (out.TransformInput && !out.TransformInput->SplitType) out.TransformInput->SplitType = "None";
  if (!out.TransformOutput) out.TransformOutput.emplace();
  if (!out.TransformOutput->AssembleWith) out.TransformOutput->AssembleWith = "None";
  if (!out.DataProcessing) out.DataProcessing.emplace();
  if (!out.DataProcessing->InputFilter) out.DataProcessing->InputFilter = "$";
  if (!out.DataProcessing->OutputFilter) out.DataProcessing->OutputFilter = "$";
  if (!out.DataProcessing->JoinSource) out.DataProcessing->JoinSource = "None";
  return out;
}

Outcome<DescribeTransformJobOutput> describe_transform_job(Context& call, const DescribeTransformJobInput& in) {
  TRY(auto job, find_job(call, in.TransformJobName));
  if (!job.finished() && call.should_wait(job.arn, job.id))
    return call.wait(job.arn, [&](std::function<void()> wake) { return call.transforms.when_finished(job.id, std::move(wake)); });
  return described_transform_job(job);
}

Outcome<ListTransformJobsOutput> list_transform_jobs(Context& call, const ListTransformJobsInput& in) {
  TRY(meta::Page page, call.transforms.list(to_query(jobs::transform_kind, call.scope, in, true)));
  ListTransformJobsOutput out;
  out.TransformJobSummaries.emplace();
  for (const meta::Record& record : page.records) {
    jobs::TransformJob job = jobs::TransformJobs::from_record(record);
    out.TransformJobSummaries->push_back({.TransformJobName = job.name,
                                          .TransformJobArn = job.arn,
                                          .CreationTime = job.created,
                                          .TransformEndTime = job.ended,
                                          .LastModifiedTime = job.modified,
                                          .TransformJobStatus = job.status,
                                          .FailureReason = unless_empty(job.failure_reason)});
  }
  out.NextToken = next_token(page);
  return out;
}

Outcome<StopTransformJobOutput> stop_transform_job(Context& call, const StopTransformJobInput& in) {
  TRY(auto job, find_job(call, in.TransformJobName));
  if (job.finished() || job.status == "Stopping")
    return validation("The request was rejected because the transform job is in status {}.", job.status);
  CHECK_OK(call.transforms.stop(job.id));  // returns at once: the state machine walks to Stopped
  call.first_look.end(job.arn);
  return StopTransformJobOutput{};
}

}  // namespace clary::services::sagemaker
