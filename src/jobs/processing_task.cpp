#include "jobs/processing_task.hpp"

#include <map>
#include <mutex>

#include "io/archive.hpp"
#include "jobs/processing_companion.hpp"
#include "jobs/processing_files.hpp"
#include "jobs/processing_inputs.hpp"
#include "jobs/processing_outputs.hpp"
#include "jobs/processing_spec.hpp"
#include "jobs/transfer_error.hpp"
#include "jobs/worker_parts.hpp"

namespace clary::jobs {

namespace {

constexpr std::chrono::milliseconds between_looks{1000};  // at the folders of Continuous outputs

class ProcessingTask : public Task {
 public:
  ProcessingTask(const JobParts& parts, ProcessingSpec spec)
      : objects_(parts.objects),
        catalogue_(parts.catalogue),
        runtime_folder_(parts.runtime_folder),
        spec_(std::move(spec)) {}

  const JobKind& kind() const override { return processing_job_kind; }

  Demand demand() const override {
    Demand demand;
    demand.image = spec_.image;
    demand.role_arn = spec_.role_arn;
    demand.instance_type = spec_.instance_type;
    demand.instance_count = spec_.instance_count;
    demand.volume_gb = spec_.volume_gb;
    demand.max_runtime_seconds = spec_.max_runtime_seconds;
    demand.network_isolation = spec_.network_isolation;
    demand.without_effect = spec_.without_effect;
    return demand;
  }

  std::string spec() const override { return encode_spec(spec_); }

  Outcome<void> check(const Job& job) const override {
    const auto version = catalogue_.match(spec_.image);
    const bool container = version && !version->image.empty();
    if (!container && spec_.entrypoint.empty() && spec_.arguments.empty()) {
      return validation(
          "The image \"{}\" has no entry point of its own here: AppSpecification.ContainerEntrypoint has to say "
          "what to run.",
          spec_.image);
    }
    return check_processing_outputs(objects_, job.scope, spec_);
  }

  Outcome<void> prepare(const Job& job, const Host& host, Intake& intake) const override {
    CHECK_OK(make_processing_folders(spec_, host.ml, host.owner));
    CHECK_OK(write_host_file(host, {"config", "processingjobconfig.json"}, processing_job_config_json(job)));
    CHECK_OK(write_host_file(host, {"config", "resourceconfig.json"},
                             processing_resource_config_json(host.name(), host.names)));
    return fetch_processing_inputs(intake, spec_, host.ml);
  }

  workers::WorkerSpec worker(const Job& job, const Host& host, const Ready& ready) const override;

  std::unique_ptr<Companion> accompany(const Job& job, const Host& host, HostNotes) const override {
    auto outputs = outputs_of(host);
    if (!outputs->any_continuous()) return nullptr;
    return std::make_unique<ContinuousOutputs>(std::move(outputs), job.arn, between_looks);
  }

  void ended(Job& job, const std::vector<Host>& hosts) const override {
    // One that is not text fails the job; upload() says so.
    if (auto message = exit_message(messages_of(hosts))) job.exit_message = *std::move(message);
  }

  std::string why_failed(const Host&, FailureFacts facts) const override { return failure_reason(facts); }

  Outcome<Leavings> upload(const Job&, const std::vector<Host>& hosts,
                           const std::function<bool()>& cancelled) const override {
    Leavings leavings;
    std::optional<Error> first;
    for (const auto& host : hosts) {
      auto outputs = outputs_of(host);
      if (!go_on_after(outputs->upload_all(cancelled), first)) break;
      const auto& left_out = outputs->left_out();
      leavings.left_out.insert(leavings.left_out.end(), left_out.begin(), left_out.end());
    }
    if (first) return *std::move(first);
    if (auto message = exit_message(messages_of(hosts)); !message) return std::move(message).error();
    return leavings;
  }

 private:
  static std::vector<std::string> messages_of(const std::vector<Host>& hosts) {
    std::vector<std::string> messages;
    for (const auto& host : hosts) {
      auto text = io::read_below(host.ml, {"output", "message"}, exit_message_read_size);
      messages.push_back(text ? *std::move(text) : "");
    }
    return messages;
  }

  // A host's outputs remember what its companion has uploaded, so that the upload at the end is of the rest.
  std::shared_ptr<ProcessingOutputs> outputs_of(const Host& host) const {
    std::lock_guard lock(mutex_);
    auto& outputs = outputs_[host.worker];
    if (!outputs) outputs = std::make_shared<ProcessingOutputs>(objects_, spec_.outputs, host.ml);
    return outputs;
  }

  objects::Objects& objects_;
  const runtimes::Catalogue& catalogue_;
  const std::string runtime_folder_;
  const ProcessingSpec spec_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::shared_ptr<ProcessingOutputs>> outputs_;  // by the worker's id
};

workers::WorkerSpec ProcessingTask::worker(const Job& job, const Host&, const Ready& ready) const {
  workers::WorkerSpec worker;
  set_region(job, worker);
  const auto& runtime = ready.environment;
  if (const auto& container = runtime.container) {
    // A foreign image, whose own entry point runs where the request names none.
    worker.image = container->id;
    worker.image_user = container->user;
    worker.command = workers::container_command(*container, spec_.entrypoint, spec_.arguments, /*verb=*/"");
  } else {
    use_runtime(runtime, runtime_folder_, given_command(runtime.python, spec_.entrypoint, spec_.arguments), worker);
  }
  surround(ready, spec_.environment, worker);
  return worker;
}

}  // namespace

const JobKind processing_job_kind{
    .record = "processing-job",
    .noun = "processing job",
    .worker_prefix = "process-",
    .log_group = "/aws/sagemaker/ProcessingJobs",
    .running = "Processing",
    .running_message = "Processing in progress.",
    .uploading_message = "Uploading the processing outputs",
    .open = [](const JobParts& parts, std::string_view text) -> Outcome<std::shared_ptr<const Task>> {
      TRY(auto spec, decode_processing_spec(text));
      return make_processing_task(parts, std::move(spec));
    },
};

std::shared_ptr<const Task> make_processing_task(const JobParts& parts, ProcessingSpec spec) {
  return std::make_shared<ProcessingTask>(parts, std::move(spec));
}

}  // namespace clary::jobs
