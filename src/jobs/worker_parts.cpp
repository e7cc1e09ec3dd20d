#include "jobs/worker_parts.hpp"

#include <fcntl.h>

#include "io/archive.hpp"

namespace clary::jobs {

namespace {

constexpr std::string_view runtime_inside = "/opt/clary/runtime";

}  // namespace

void set_region(const Job& job, workers::WorkerSpec& worker) {
  worker.environment["AWS_REGION"] = worker.environment["AWS_DEFAULT_REGION"] = job.scope.region;
}

void use_runtime(const runtimes::Environment& runtime, const std::string& runtime_folder,
                 std::vector<std::string> command, workers::WorkerSpec& worker) {
  worker.command = std::move(command);
  worker.working_directory = "/opt/ml/code";
  worker.mounts = runtime.mounts;
  worker.mounts.push_back({runtime_folder, std::string(runtime_inside), false});
  auto& environment = worker.environment;
  environment["LANG"] = "C.UTF-8";
  environment["PYTHONUNBUFFERED"] = environment["PYTHONDONTWRITEBYTECODE"] = "1";
  for (const auto& [name, value] : runtime.version.environment) environment[name] = value;
  environment["PATH"] = runtime.folder + "/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

std::vector<std::string> given_command(const std::string& python, const std::vector<std::string>& entrypoint,
                                       const std::vector<std::string>& arguments) {
  std::vector<std::string> command{python, "-m", "clary_runtime.command", "--"};
  command.insert(command.end(), entrypoint.begin(), entrypoint.end());
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

void surround(const Ready& ready, const std::map<std::string, std::string>& requested, workers::WorkerSpec& worker) {
  worker.mounts.insert(worker.mounts.end(), ready.surroundings.mounts.begin(), ready.surroundings.mounts.end());
  auto& environment = worker.environment;
  for (const auto& [name, value] : ready.surroundings.environment) environment[name] = value;
  for (const auto& [name, value] : requested) environment[name] = value;
  if (ready.environment.container) return;
  auto& path = environment["PYTHONPATH"];
  path = path.empty() ? std::string(runtime_inside) : std::string(runtime_inside) + ":" + path;
}

Outcome<void> write_host_file(const Host& host, std::vector<std::string> parts, std::string_view text) {
  TRY(io::File top, io::File::open(host.ml, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  TRY(io::File file, io::create_below(top.fd(), parts, 0644, host.owner));
  return file.write_all(text);
}

}  // namespace clary::jobs
