#include "jobs/training_task.hpp"

#include "io/archive.hpp"
#include "jobs/checkpoints.hpp"
#include "jobs/fastfile.hpp"
#include "jobs/s3_uri.hpp"
#include "jobs/training_inputs.hpp"
#include "jobs/training_outputs.hpp"
#include "jobs/training_spec.hpp"
#include "jobs/training_worker.hpp"

namespace clary::jobs {

namespace {

class Checkpointing : public Companion {
 public:
  Checkpointing(objects::Objects& objects, const std::string& uri, CheckpointPlace place)
      : sync_(objects, uri, std::move(place)) {}
  Outcome<void> finish(const std::function<bool()>& cancelled) override { return sync_.finish(cancelled); }

 private:
  CheckpointSync sync_;
};

// A request without metric definitions has those that its runtime brings.
TrainingSpec with_metrics(TrainingSpec spec, const runtimes::Catalogue& catalogue) {
  if (!spec.metrics.empty()) return spec;
  if (auto version = catalogue.match(spec.image)) {
    for (auto& metric : version->metrics) spec.metrics.push_back({std::move(metric.name), std::move(metric.regex)});
  }
  return spec;
}

class TrainingTask : public Task {
 public:
  TrainingTask(const JobParts& parts, TrainingSpec spec)
      : objects_(parts.objects),
        tools_{parts.runtime_folder, parts.trainer},
        isolated_(parts.isolated),
        spec_(with_metrics(std::move(spec), parts.catalogue)) {}

  const JobKind& kind() const override { return training_job_kind; }

  Demand demand() const override {
    return {.image = spec_.image,
            .role_arn = spec_.role_arn,
            .instance_type = spec_.instance_type,
            .instance_count = spec_.instance_count,
            .volume_gb = spec_.volume_gb,
            .max_runtime_seconds = spec_.max_runtime_seconds,
            .retry_attempts = spec_.retry_attempts,
            .network_isolation = spec_.network_isolation,
            .metrics = spec_.metrics,
            .without_effect = spec_.without_effect};
  }

  std::string spec() const override { return encode_spec(spec_); }

  Outcome<void> check(const Job& job) const override {
    auto uri = parse_s3_uri(spec_.output_path);
    auto usable = uri ? check_bucket(objects_, job.scope, uri->bucket) : Outcome<void>(std::move(uri).error());
    if (usable || usable.error().kind == ErrorKind::internal || usable.error().kind == ErrorKind::unavailable)
      return usable;
    return validation("The output path \"{}\" cannot be used: {}", spec_.output_path, usable.error().message);
  }

  Outcome<void> prepare(const Job&, const Host& host, Intake& intake) const override {
    CHECK_OK(make_layout(spec_, host));
    if (isolated_) intake.lazy_folder = fastfile_folder(host.ml);
    if (auto source = source_uri(spec_)) CHECK_OK(fetch_source(intake, *source, host.ml + "/code"));
    for (const auto& channel : spec_.channels)
      CHECK_OK(fetch_channel(intake, channel, host.ml + "/input/data/" + channel.name));
    if (spec_.checkpoint_uri.empty()) return {};
    TRY(CheckpointPlace place, checkpoint_place(spec_.checkpoint_path, host.ml));
    return restore_checkpoints(intake, spec_.checkpoint_uri, place);
  }

  workers::WorkerSpec worker(const Job& job, const Host& host, const Ready& ready) const override {
    workers::WorkerSpec worker = training_worker(job, spec_, host, ready, tools_);
    for (auto& mount : fastfile_mounts(spec_.channels, host.ml)) worker.mounts.push_back(std::move(mount));
    if (auto place = checkpoints(host); place && place->mount) worker.mounts.push_back(*place->mount);
    return worker;
  }

  std::unique_ptr<Companion> accompany(const Job&, const Host& host, HostNotes) const override {
    auto place = checkpoints(host);
    if (!place) return nullptr;
    return std::make_unique<Checkpointing>(objects_, spec_.checkpoint_uri, *std::move(place));
  }

  std::string why_failed(const Host& host, FailureFacts facts) const override {
    if (auto text = io::read_below(host.ml, {"output", "failure"}, 8192)) facts.failure_file = *std::move(text);
    return failure_reason(facts);
  }

  Outcome<Leavings> upload(const Job& job, const std::vector<Host>& hosts,
                           const std::function<bool()>& cancelled) const override {
    std::vector<std::string> mls;
    for (const auto& host : hosts) mls.push_back(host.ml);
    TRY(Artifacts artifacts, upload_artifacts(objects_, spec_, job.name, mls, cancelled));
    return Leavings{std::move(artifacts.model), std::move(artifacts.left_out)};
  }

 private:
  std::optional<CheckpointPlace> checkpoints(const Host& host) const {
    if (spec_.checkpoint_uri.empty()) return std::nullopt;
    auto place = checkpoint_place(spec_.checkpoint_path, host.ml);
    return place ? std::optional(*std::move(place)) : std::nullopt;
  }

  objects::Objects& objects_;
  const TrainingTools tools_;
  const bool isolated_;
  const TrainingSpec spec_;
};

}  // namespace

const JobKind training_job_kind{
    .record = "training-job",
    .noun = "training job",
    .worker_prefix = "train-",
    .log_group = "/aws/sagemaker/TrainingJobs",
    .running = "Training",
    .running_message = "Training image download completed. Training in progress.",
    .uploading_message = "Uploading generated training model",
    .open = [](const JobParts& parts, std::string_view text) -> Outcome<std::shared_ptr<const Task>> {
      TRY(auto spec, decode_spec(text));
      return make_training_task(parts, std::move(spec));
    },
};

std::shared_ptr<const Task> make_training_task(const JobParts& parts, TrainingSpec spec) {
  return std::make_shared<TrainingTask>(parts, std::move(spec));
}

}  // namespace clary::jobs
