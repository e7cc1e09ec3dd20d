#include "jobs/training_worker.hpp"

#include <fcntl.h>

#include "io/archive.hpp"
#include "jobs/metric_files.hpp"
#include "jobs/training_files.hpp"
#include "jobs/worker_parts.hpp"

namespace clary::jobs {

namespace {

std::vector<std::string> command_of(const TrainingSpec& spec, const std::string& python) {
  if (!spec.entrypoint.empty()) return given_command(python, spec.entrypoint, spec.arguments);
  std::vector<std::string> command{python, "-m", "clary_runtime.train"};
  command.insert(command.end(), spec.arguments.begin(), spec.arguments.end());
  return command;
}

constexpr std::string_view trainer_inside = "/opt/clary/clary-train";

// In place of Python and clary_runtime.
void use_trainer(const runtimes::Environment& runtime, const std::string& trainer, workers::WorkerSpec& worker) {
  worker.command = {std::string(trainer_inside), "--environment", runtime.folder, "--prefix", "/opt/ml"};
  worker.mounts.push_back({trainer, std::string(trainer_inside), false});
}

// A foreign image: AWS starts it with the argument "train".
void use_container(const TrainingSpec& spec, const workers::ContainerImage& image, workers::WorkerSpec& worker) {
  worker.image = image.id;
  worker.image_user = image.user;
  worker.command = workers::container_command(image, spec.entrypoint, spec.arguments, "train");
}

}  // namespace

Outcome<void> make_layout(const TrainingSpec& spec, const Host& host) {
  const auto& owner = host.owner;
  TRY(io::File top, io::File::open(host.ml, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  std::vector<std::vector<std::string>> folders{
      {"code"}, {"input", "config"}, {"input", "data"}, {"model"}, {"output", "data"}, metric_files_folder()};
  for (const auto& channel : spec.channels) {
    // The API's pattern lets a channel be called "..".
    auto name = io::safe_parts(channel.name);
    if (!name || *name != std::vector<std::string>{channel.name}) {
      return validation("\"{}\" cannot be the name of a channel.", channel.name);
    }
    folders.push_back({"input", "data", channel.name});
  }
  for (const auto& parts : folders) {
    TRY(io::File made, io::folder_below(top.fd(), parts, owner));
  }
  CHECK_OK(write_host_file(host, {"input", "config", "hyperparameters.json"}, hyperparameters_json(spec)));
  CHECK_OK(write_host_file(host, {"input", "config", "inputdataconfig.json"}, input_data_config_json(spec)));
  if (!spec.checkpoint_uri.empty())
    CHECK_OK(write_host_file(host, {"input", "config", "checkpointconfig.json"}, checkpoint_config_json(spec)));
  return write_host_file(host, {"input", "config", "resourceconfig.json"},
                         resource_config_json(spec, host.name(), host.names));
}

bool trains_algorithm(const TrainingSpec& spec, const runtimes::Version& version) {
  return !version.algorithm.empty() && spec.entrypoint.empty() && spec.hyperparameters.count("sagemaker_program") == 0 &&
         spec.hyperparameters.count("sagemaker_submit_directory") == 0;
}

workers::WorkerSpec training_worker(const Job& job, const TrainingSpec& spec, const Host&, const Ready& ready,
                                    const TrainingTools& tools) {
  workers::WorkerSpec worker;
  auto& environment = worker.environment;
  set_region(job, worker);
  environment["SAGEMAKER_REGION"] = job.scope.region;
  const auto& runtime = ready.environment;
  if (runtime.container) {
    use_container(spec, *runtime.container, worker);
  } else {
    use_runtime(runtime, tools.runtime_folder, command_of(spec, runtime.python), worker);
    if (trains_algorithm(spec, runtime.version)) use_trainer(runtime, tools.trainer, worker);
    // The framework's own way to launch a script.
    const auto& framework = runtime.version.framework_module;
    if (!framework.empty()) environment.try_emplace("CLARY_FRAMEWORK", framework);
  }
  surround(ready, spec.environment, worker);
  environment["SAGEMAKER_METRICS_DIRECTORY"] = metric_files_inside;
  environment["TRAINING_JOB_NAME"] = job.name;
  environment["TRAINING_JOB_ARN"] = job.arn;
  return worker;
}

}  // namespace clary::jobs
