// What the worker that serves a model is told: the command, the environment, the mounts. Pure functions.
#pragma once

#include <string>

#include "runtimes/environments.hpp"
#include "models/container.hpp"
#include "workers/launcher.hpp"
#include "workers/surroundings.hpp"

namespace clary::models {

// What serves models that bring no server of their own, on this host.
struct ModelServers {
  std::string runtime_folder;  // holds the package clary_runtime (python/)
  std::string without_code;    // the program clary-model-server
};

// Where a model's files are on the host once they are there.
struct ModelFolders {
  std::string model;  // becomes /opt/ml/model
  std::string code;   // becomes /opt/ml/code; empty: the code is in the model's archive, or there is none
};

// The worker's own /opt/ml is <its folder>/ml on the host.
inline constexpr std::string_view socket_inside = "/opt/ml/worker.sock";
// Where a container that is none of our runtimes' serves; its worker's socket leads there.
inline constexpr int container_port = 8080;

// SAGEMAKER_SUBMIT_DIRECTORY where it is an S3 URL, else empty.
std::string code_url(const ContainerSpec& container);

workers::WorkerSpec model_worker(const std::string& worker_id, const ContainerSpec& container,
                                 const runtimes::Environment& environment, const ModelFolders& folders,
                                 const workers::Surroundings& surroundings, const ModelServers& servers,
                                 const std::string& region);

}  // namespace clary::models
