#include "models/model_worker.hpp"

namespace clary::models {

namespace {

constexpr std::string_view runtime_inside = "/opt/clary/runtime";
constexpr std::string_view model_server_inside = "/opt/clary/model-server";
constexpr std::string_view submit_directory = "SAGEMAKER_SUBMIT_DIRECTORY";

std::string with_socket(std::string argument) {
  constexpr std::string_view mark = "{socket}";
  for (auto at = argument.find(mark); at != std::string::npos; at = argument.find(mark, at + socket_inside.size()))
    argument.replace(at, mark.size(), socket_inside);
  return argument;
}

// Whether the model brings a script: then Python serves it.
bool has_code(const ContainerSpec& container) {
  for (const std::string_view name : {std::string_view("SAGEMAKER_PROGRAM"), submit_directory})
    if (const auto named = container.environment.find(std::string(name)); named != container.environment.end() && !named->second.empty())
      return true;
  return false;
}

std::vector<std::string> command_of(const runtimes::Environment& environment, bool without_code) {
  if (without_code)
    return {std::string(model_server_inside), "--framework", environment.version.model_server, "--socket", std::string(socket_inside),
            "--environment", environment.folder};
  if (environment.version.serve_command.empty())
    return {environment.python, "-m", "clary_runtime.serve", "--socket", std::string(socket_inside)};
  std::vector<std::string> command;
  for (const auto& argument : environment.version.serve_command) command.push_back(with_socket(argument));
  return command;
}

// A foreign image: it serves at its port, and gets what AWS gives it.
workers::WorkerSpec container_spec(const std::string& worker_id, const ContainerSpec& container,
                                   const workers::ContainerImage& image, const ModelFolders& folders,
                                   const workers::Surroundings& surroundings) {
  workers::WorkerSpec spec;
  spec.id = worker_id;
  spec.hostname = "model";
  spec.image = image.id;
  spec.image_user = image.user;
  spec.command = workers::container_command(image, {}, {}, "serve");
  spec.serve_port = container_port;
  spec.serve_socket = socket_inside;
  spec.environment = surroundings.environment;
  for (const auto& [name, value] : container.environment) spec.environment[name] = value;
  spec.mounts = surroundings.mounts;
  spec.mounts.push_back({folders.model, "/opt/ml/model", false});
  return spec;
}

}  // namespace

std::string code_url(const ContainerSpec& container) {
  auto named = container.environment.find(std::string(submit_directory));
  if (named == container.environment.end() || !named->second.starts_with("s3://")) return {};
  return named->second;
}

workers::WorkerSpec model_worker(const std::string& worker_id, const ContainerSpec& container,
                                 const runtimes::Environment& environment, const ModelFolders& folders,
                                 const workers::Surroundings& surroundings, const ModelServers& servers,
                                 const std::string& region) {
  if (environment.container) return container_spec(worker_id, container, *environment.container, folders, surroundings);
  workers::WorkerSpec spec;
  spec.id = worker_id;
  spec.hostname = "model";
  const bool without_code = !environment.version.model_server.empty() && environment.version.serve_command.empty() && !has_code(container);
  spec.command = command_of(environment, without_code);
  auto& variables = spec.environment;
  variables = {{"PATH", environment.folder + "/bin:/usr/local/bin:/usr/bin:/bin"},
               {"LANG", "C.UTF-8"},
               {"SAGEMAKER_REGION", region},
               {"SM_MODEL_DIR", "/opt/ml/model"},
               {"CLARY_PREFIX", "/opt/ml"}};
  if (!environment.version.framework_module.empty())
    variables["CLARY_FRAMEWORK"] = environment.version.framework_module;
  for (const auto& [name, value] : environment.version.environment) variables[name] = value;
  for (const auto& [name, value] : surroundings.environment) variables[name] = value;
  for (const auto& [name, value] : container.environment) variables[name] = value;
  std::string own_path = variables["PYTHONPATH"];
  variables["PYTHONPATH"] =
      own_path.empty() ? std::string(runtime_inside) : fmt::format("{}:{}", runtime_inside, own_path);
  if (!folders.code.empty()) variables[std::string(submit_directory)] = "/opt/ml/code";

  spec.mounts = environment.mounts;
  spec.mounts.insert(spec.mounts.end(), surroundings.mounts.begin(), surroundings.mounts.end());
  if (without_code) {
    spec.mounts.push_back({servers.without_code, std::string(model_server_inside), false});
  } else {
    spec.mounts.push_back({servers.runtime_folder, std::string(runtime_inside), false});
  }
  spec.mounts.push_back({folders.model, "/opt/ml/model", false});
  if (!folders.code.empty()) spec.mounts.push_back({folders.code, "/opt/ml/code", false});
  return spec;
}

}  // namespace clary::models
