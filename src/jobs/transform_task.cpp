#include "jobs/transform_task.hpp"

#include <charconv>
#include <cmath>

#include "io/archive.hpp"
#include "jobs/job_machine.hpp"
#include "jobs/s3_uri.hpp"
#include "jobs/training_inputs.hpp"
#include "jobs/transform_host.hpp"
#include "models/model_files.hpp"
#include "models/model_worker.hpp"

namespace clary::jobs {

namespace {

constexpr std::int64_t longest_run = 28 * 86400;  // seconds; AWS's own bound of a transform job
constexpr std::string_view workers_variable = "SAGEMAKER_MODEL_SERVER_WORKERS";

// Beside the host's /opt/ml, so that the worker sees of it what is mounted alone.
std::string model_folder(const Host& host) {
  return host.ml.substr(0, host.ml.rfind('/')) + "/model-files";
}

class TransformTask : public Task {
 public:
  TransformTask(const JobParts& parts, TransformSpec spec)
      : objects_(parts.objects),
        catalogue_(parts.catalogue),
        clock_(parts.clock),
        servers_{parts.runtime_folder, parts.model_server},
        spec_(std::move(spec)) {}

  const JobKind& kind() const override { return transform_job_kind; }

  Demand demand() const override {
    Demand demand;
    demand.image = spec_.container.image;
    demand.role_arn = spec_.role_arn;
    demand.instance_type = spec_.instance_type;
    demand.instance_count = spec_.instance_count;
    demand.max_runtime_seconds = longest_run;
    demand.network_isolation = spec_.network_isolation;
    demand.without_effect = spec_.without_effect;
    return demand;
  }

  std::string spec() const override { return encode_spec(spec_); }

  Outcome<void> check(const Job& job) const override {
    CHECK_OK(check_output(job, spec_.output_path, "output path"));
    if (!spec_.capture_uri.empty()) CHECK_OK(check_output(job, spec_.capture_uri, "destination of captured data"));
    // That there is nothing to do is told before a model server is started for it.
    TransformInputs inputs(objects_, job, spec_, 0, 1);
    TRY(auto first, inputs.next());
    return {};
  }

  Outcome<void> prepare(const Job&, const Host& host, Intake& intake) const override {
    TRY(auto folders, models::bring_model_files(objects_, spec_.container, model_folder(host), intake.cancelled));
    return {};
  }

  workers::WorkerSpec worker(const Job& job, const Host& host, const Ready& ready) const override;

  std::unique_ptr<Companion> accompany(const Job& job, const Host& host, HostNotes notes) const override {
    return std::make_unique<TransformHost>(objects_, clock_, spec_, job, host, server_workers(host.names.size()), std::move(notes));
  }

  std::string why_failed(const Host& host, FailureFacts facts) const override {
    if (facts.verdict && facts.verdict->code != server_ended) return failure_reason(*facts.verdict);
    if (auto text = io::read_below(host.ml, {"output", "failure"}, 8192)) facts.failure_file = *std::move(text);
    return failure_reason(facts);
  }

  Outcome<Leavings> upload(const Job&, const std::vector<Host>&, const std::function<bool()>&) const override {
    return Leavings{};  // each output was there when its file was done
  }

 private:
  Outcome<void> check_output(const Job& job, const std::string& path, std::string_view what) const {
    auto uri = parse_s3_uri(path);
    auto usable = uri ? check_bucket(objects_, job.scope, uri->bucket) : Outcome<void>(std::move(uri).error());
    if (usable || usable.error().kind == ErrorKind::internal || usable.error().kind == ErrorKind::unavailable) return usable;
    return validation("The {} \"{}\" cannot be used: {}", what, path, usable.error().message);
  }

  std::map<std::string, std::string> environment() const {
    auto variables = spec_.container.environment;
    for (const auto& [name, value] : spec_.environment) variables[name] = value;
    return variables;
  }
  // How many processes serve: as the variable says, or of our own server as many as the host has CPUs.
  unsigned server_workers(std::size_t hosts) const;

  objects::Objects& objects_;
  const runtimes::Catalogue& catalogue_;
  const Clock& clock_;
  const models::ModelServers servers_;
  const TransformSpec spec_;
};

unsigned TransformTask::server_workers(std::size_t hosts) const {
  constexpr unsigned most = 64;
  const auto version = catalogue_.match(spec_.container.image);
  if (!version || !version->image.empty()) return 1;
  const auto variables = environment();
  if (auto given = variables.find(std::string(workers_variable)); given != variables.end()) {
    unsigned count = 0;
    const auto& text = given->second;
    if (std::from_chars(text.data(), text.data() + text.size(), count).ec == std::errc() && count >= 1)
      return std::min(count, most);
    return 1;
  }
  if (!version->serve_command.empty()) return 1;
  const auto share = workers::share_of(spec_.instance_type, workers::host_share());
  if (!share) return 1;
  return std::clamp(static_cast<unsigned>(std::lround(part_of_host(*share, hosts).cpus)), 1u, most);
}

workers::WorkerSpec TransformTask::worker(const Job& job, const Host& host, const Ready& ready) const {
  auto container = spec_.container;
  auto& variables = container.environment;
  const std::int64_t concurrent = spec_.max_concurrent.value_or(0);
  variables["SAGEMAKER_BATCH"] = "true";
  variables["SAGEMAKER_MAX_PAYLOAD_IN_MB"] = std::to_string(spec_.max_payload_mb.value_or(6));
  variables["SAGEMAKER_BATCH_STRATEGY"] = spec_.batch_strategy == "SingleRecord" ? "SINGLE_RECORD" : "MULTI_RECORD";
  const unsigned processes = server_workers(host.names.size());
  if (processes > 1) variables[std::string(workers_variable)] = std::to_string(processes);
  variables["SAGEMAKER_MAX_CONCURRENT_TRANSFORMS"] = std::to_string(concurrent > 0 ? concurrent : processes);
  for (const auto& [name, value] : spec_.environment) variables[name] = value;
  variables["TRANSFORM_JOB_NAME"] = job.name;
  variables["TRANSFORM_JOB_ARN"] = job.arn;
  models::ModelFolders folders;
  folders.model = model_folder(host) + "/model";
  if (!models::code_url(container).empty()) folders.code = model_folder(host) + "/code";
  return models::model_worker(host.worker, container, ready.environment, folders, ready.surroundings, servers_, job.scope.region);
}

}  // namespace

const JobKind transform_job_kind{
    .record = "transform-job",
    .noun = "transform job",
    .worker_prefix = "transform-",
    .log_group = "/aws/sagemaker/TransformJobs",
    .running = "Transforming",
    .running_message = "Transforming the input data",
    .uploading_message = "Finishing the transform job",
    .resumes = true,
    .open = [](const JobParts& parts, std::string_view text) -> Outcome<std::shared_ptr<const Task>> {
      TRY(auto spec, decode_transform_spec(text));
      return make_transform_task(parts, std::move(spec));
    },
};

std::shared_ptr<const Task> make_transform_task(const JobParts& parts, TransformSpec spec) {
  return std::make_shared<TransformTask>(parts, std::move(spec));
}

}  // namespace clary::jobs
