#include "jobs/training_jobs.hpp"

#include "jobs/metric_scraper.hpp"
#include "services/sagemaker/describe.hpp"
#include "services/sagemaker/handlers.hpp"
#include "services/sagemaker/resources.hpp"
#include "services/sagemaker/retries.hpp"

namespace clary::services::sagemaker {

namespace {

constexpr std::int64_t most_hosts = 64;

jobs::Channel to_channel(const Channel& in, const std::string& default_mode) {
  jobs::Channel channel;
  channel.name = in.ChannelName;
  if (const auto& source = in.DataSource.S3DataSource) {
    channel.s3_data_type = source->S3DataType;
    channel.s3_uri = source->S3Uri;
    channel.distribution = source->S3DataDistributionType.value_or("FullyReplicated");
    channel.attribute_names = source->AttributeNames.value_or(std::vector<std::string>{});
  }
  channel.content_type = in.ContentType.value_or("");
  channel.compression = in.CompressionType.value_or("None");
  channel.record_wrapper = in.RecordWrapperType.value_or("None");
  channel.input_mode = in.InputMode.value_or(default_mode);
  if (in.ShuffleConfig) channel.shuffle_seed = in.ShuffleConfig->Seed;
  return channel;
}

// What the job's hosts are: ResourceConfig says it itself, or by its only instance group.
void set_instances(const ResourceConfig& in, jobs::TrainingSpec& spec) {
  spec.instance_type = in.InstanceType.value_or("");
  spec.instance_count = in.InstanceCount.value_or(1);
  if (in.InstanceGroups && !in.InstanceGroups->empty()) {
    spec.instance_type = in.InstanceGroups->front().InstanceType;
    spec.instance_count = in.InstanceGroups->front().InstanceCount;
    spec.instance_group = in.InstanceGroups->front().InstanceGroupName;
  }
  spec.volume_gb = in.VolumeSizeInGB.value_or(30);
}

std::vector<std::string> members_without_effect(const CreateTrainingJobInput& in) {
  std::vector<std::string> names;
  if (in.VpcConfig) names.emplace_back("VpcConfig");
  if (in.OutputDataConfig.KmsKeyId && !in.OutputDataConfig.KmsKeyId->empty()) names.emplace_back("OutputDataConfig.KmsKeyId");
  if (in.ResourceConfig->VolumeKmsKeyId && !in.ResourceConfig->VolumeKmsKeyId->empty()) names.emplace_back("ResourceConfig.VolumeKmsKeyId");
  if (in.EnableInterContainerTrafficEncryption.value_or(false)) names.emplace_back("EnableInterContainerTrafficEncryption");
  return names;
}

jobs::TrainingSpec to_spec(const CreateTrainingJobInput& in) {
  jobs::TrainingSpec spec;
  const AlgorithmSpecification& algorithm = *in.AlgorithmSpecification;
  spec.image = algorithm.TrainingImage.value_or("");
  spec.role_arn = in.RoleArn;
  spec.hyperparameters = in.HyperParameters.value_or(std::map<std::string, std::string>{});
  if (in.InputDataConfig) {
    for (const Channel& channel : *in.InputDataConfig) spec.channels.push_back(to_channel(channel, algorithm.TrainingInputMode));
  }
  spec.output_path = in.OutputDataConfig.S3OutputPath;
  spec.output_compression = in.OutputDataConfig.CompressionType.value_or("GZIP");
  set_instances(*in.ResourceConfig, spec);
  if (in.StoppingCondition) spec.max_runtime_seconds = in.StoppingCondition->MaxRuntimeInSeconds.value_or(86400);
  if (algorithm.MetricDefinitions) {
    for (const MetricDefinition& metric : *algorithm.MetricDefinitions) spec.metrics.push_back({metric.Name, metric.Regex});
  }
  spec.environment = in.Environment.value_or(std::map<std::string, std::string>{});
  spec.entrypoint = algorithm.ContainerEntrypoint.value_or(std::vector<std::string>{});
  spec.arguments = algorithm.ContainerArguments.value_or(std::vector<std::string>{});
  spec.network_isolation = in.EnableNetworkIsolation.value_or(false);
  if (in.CheckpointConfig) {
    spec.checkpoint_uri = in.CheckpointConfig->S3Uri;
    if (in.CheckpointConfig->LocalPath) spec.checkpoint_path = *in.CheckpointConfig->LocalPath;
  }
  if (in.RetryStrategy) spec.retry_attempts = in.RetryStrategy->MaximumRetryAttempts;
  spec.without_effect = members_without_effect(in);
  return spec;
}

// What the model allows and this server cannot do: refused at once rather than done wrongly.
Outcome<void> check_served(const CreateTrainingJobInput& in) {
  if (!in.AlgorithmSpecification || !in.AlgorithmSpecification->TrainingImage)
    return validation("Clary runs training images: AlgorithmSpecification.TrainingImage is required (AlgorithmName is not served).");
  if (!in.ResourceConfig) return validation("ResourceConfig is required (serverless jobs are not served).");
  const ResourceConfig& resources = *in.ResourceConfig;
  const bool groups = resources.InstanceGroups && !resources.InstanceGroups->empty();
  if (groups && (resources.InstanceType || resources.InstanceCount))
    return validation("ResourceConfig: InstanceType and InstanceCount cannot be given beside InstanceGroups.");
  if (groups && resources.InstanceGroups->size() > 1)
    return validation(
        "ResourceConfig.InstanceGroups: Clary serves one instance group (all hosts of a job are of one type); {} were requested.",
        resources.InstanceGroups->size());
  if (!groups && !resources.InstanceType) return validation("ResourceConfig.InstanceType is required.");
  const std::int64_t hosts = groups ? resources.InstanceGroups->front().InstanceCount : resources.InstanceCount.value_or(1);
  if (hosts < 1 || hosts > most_hosts)
    return aws_error(ErrorKind::limit_exceeded, "ResourceLimitExceeded",
                     "ResourceConfig.InstanceCount: a training job has 1 to {} instances here; {} were requested.", most_hosts, hosts);
  if (!in.InputDataConfig) return {};
  for (const Channel& channel : *in.InputDataConfig) {
    if (!channel.DataSource.S3DataSource)
      return validation("Channel {}: only S3DataSource is served.", channel.ChannelName);
    std::string mode = channel.InputMode.value_or(in.AlgorithmSpecification->TrainingInputMode);
    if (mode == "Pipe") return validation("Channel {}: the input mode Pipe is not served; use File or FastFile.", channel.ChannelName);
  }
  return {};
}

void add_progress(const jobs::TrainingJob& job, DescribeTrainingJobOutput& out) {
  out.SecondaryStatusTransitions.emplace();
  for (const jobs::Transition& transition : job.transitions)
    out.SecondaryStatusTransitions->push_back({transition.status, transition.started, transition.ended, transition.message});
  if (!job.final_metrics.empty()) {
    out.FinalMetricDataList.emplace();
    for (const jobs::MetricValue& metric : job.final_metrics) out.FinalMetricDataList->push_back({metric.name, metric.value, metric.time});
  }
  if (job.started) out.TrainingStartTime = job.started;
  if (job.ended) out.TrainingEndTime = job.ended;
  if (job.started && job.ended) {
    // As AWS counts: whole seconds, begun ones in full.
    std::int64_t seconds = (job.ended->micros - job.started->micros + 999'999) / 1'000'000;
    out.TrainingTimeInSeconds = std::max<std::int64_t>(seconds, 1);
    out.BillableTimeInSeconds = out.TrainingTimeInSeconds;
  }
}

CreateTrainingJobInput with_shown_metrics(Context& call, CreateTrainingJobInput in) {
  AlgorithmSpecification& algorithm = *in.AlgorithmSpecification;
  if (algorithm.MetricDefinitions && !algorithm.MetricDefinitions->empty()) return in;
  const auto shown = call.jobs.shown_definitions(*algorithm.TrainingImage);
  if (!shown.empty()) algorithm.MetricDefinitions.emplace();
  for (const jobs::MetricDefinition& metric : shown) algorithm.MetricDefinitions->push_back({metric.name, metric.regex});
  return in;
}

}  // namespace

Outcome<CreateTrainingJobOutput> create_training_job(Context& call, const CreateTrainingJobInput& asked) {
  CHECK_OK(check_served(asked));
  CHECK_OK(check_tags(asked.Tags));
  const CreateTrainingJobInput in = with_shown_metrics(call, asked);
  jobs::TrainingSpec spec = to_spec(in);
  CHECK_OK(jobs::check_metric_definitions(spec.metrics));
  std::string document = with_invocation(call.request, wire::to_document(CreateTrainingJobRequest_shape, in));
  auto job = call.jobs.create(call.scope, in.TrainingJobName, spec, std::move(document), to_tags(in.Tags),
                              creator_of(call));
  if (!job && job.error().kind == ErrorKind::already_exists) {
    TRY(auto earlier, call.jobs.find(call.scope, in.TrainingJobName));
    if (earlier && repeats(call.request, earlier->document)) return CreateTrainingJobOutput{.TrainingJobArn = earlier->arn};
    return aws_error(ErrorKind::in_use, "ResourceInUse",
                     "Training job names must be unique within an AWS account and region, and a training job with this name already exists ({})",
                     sagemaker_arn(call.scope, jobs::training_kind, in.TrainingJobName));
  }
  if (!job) return std::move(job).error();
  return CreateTrainingJobOutput{.TrainingJobArn = job->arn};
}

Outcome<DescribeTrainingJobOutput> described_training_job(const jobs::TrainingJob& job) {
  TRY(auto request, wire::from_document<CreateTrainingJobRequest>(CreateTrainingJobRequest_shape, job.document));
  DescribeTrainingJobOutput out;
  wire::project(DescribeTrainingJobResponse_shape, &out, CreateTrainingJobRequest_shape, &request);
  out.TrainingJobArn = job.arn;
  out.TrainingJobStatus = job.status;
  out.SecondaryStatus = job.secondary_status;
  out.CreationTime = job.created;
  out.LastModifiedTime = job.modified;
  if (!job.failure_reason.empty()) out.FailureReason = job.failure_reason;
  if (!job.model_artifact.empty()) out.ModelArtifacts = ModelArtifacts{.S3ModelArtifacts = job.model_artifact};
  // AWS always tells these, also when the request did not.
  if (!out.StoppingCondition) out.StoppingCondition = StoppingCondition{.MaxRuntimeInSeconds = 86400};
  if (!out.EnableNetworkIsolation) out.EnableNetworkIsolation = false;
  if (!out.EnableInterContainerTrafficEncryption) out.EnableInterContainerTrafficEncryption = false;
  if (!out.EnableManagedSpotTraining) out.EnableManagedSpotTraining = false;
  if (!out.AlgorithmSpecification->EnableSageMakerMetricsTimeSeries) out.AlgorithmSpecification->EnableSageMakerMetricsTimeSeries = false;
  add_progress(job, out);
  return out;
}

Outcome<DescribeTrainingJobOutput> describe_training_job(Context& call, const DescribeTrainingJobInput& in) {
  TRY(auto job, call.jobs.find(call.scope, in.TrainingJobName));
  if (!job) return make_error(ErrorKind::not_found, "Requested resource not found.");
  if (!job->finished() && call.should_wait(job->arn, job->id))
    return call.wait(job->arn, [&](std::function<void()> wake) { return call.jobs.when_finished(job->id, std::move(wake)); });
  return described_training_job(*job);
}

Outcome<ListTrainingJobsOutput> list_training_jobs(Context& call, const ListTrainingJobsInput& in) {
  if (in.WarmPoolStatusEquals || in.TrainingPlanArnEquals) return ListTrainingJobsOutput{.TrainingJobSummaries = std::vector<TrainingJobSummary>{}};
  TRY(meta::Page page, call.jobs.list(to_query(jobs::training_kind, call.scope, in, false)));
  ListTrainingJobsOutput out;
  out.TrainingJobSummaries.emplace();
  for (const meta::Record& record : page.records) {
    jobs::TrainingJob job = jobs::TrainingJobs::from_record(record);
    out.TrainingJobSummaries->push_back({.TrainingJobName = job.name,
                                         .TrainingJobArn = job.arn,
                                         .CreationTime = job.created,
                                         .TrainingEndTime = job.ended,
                                         .LastModifiedTime = job.modified,
                                         .TrainingJobStatus = job.status,
                                         .SecondaryStatus = job.secondary_status});
  }
  out.NextToken = next_token(page);
  return out;
}

Outcome<StopTrainingJobOutput> stop_training_job(Context& call, const StopTrainingJobInput& in) {
  TRY(auto job, call.jobs.find(call.scope, in.TrainingJobName));
  if (!job) return make_error(ErrorKind::not_found, "Requested resource not found.");
  if (job->finished() || job->status == "Stopping") {
    return validation("The request was rejected because the training job is in status {}.", job->status);
  }
  CHECK_OK(call.jobs.stop(job->id));  // returns at once: the state machine walks to Stopped
  call.first_look.end(job->arn);
  return StopTrainingJobOutput{};
}

}  // namespace clary::services::sagemaker
