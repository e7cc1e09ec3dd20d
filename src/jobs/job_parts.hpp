// What the machine of jobs works with, given by the composition root. Thread rule: a plain value; what it points to
// serves any thread and outlives the machine.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "jobs/job_observer.hpp"
#include "meta/log_store.hpp"
#include "meta/store.hpp"
#include "objects/objects.hpp"
#include "runtimes/catalogue.hpp"
#include "runtimes/environments.hpp"
#include "workers/launcher.hpp"
#include "workers/slots.hpp"
#include "workers/surroundings.hpp"

namespace clary::jobs {

struct JobParts {
  std::shared_ptr<meta::Store> store;
  meta::LogStore& logs;
  objects::Objects& objects;
  workers::Launcher& launcher;
  workers::Slots& slots;
  const runtimes::Catalogue& catalogue;
  runtimes::Environments& environments;
  workers::SurroundingsOf surroundings;
  const Clock& clock;
  std::string runtime_folder;  // the folder on this host that holds the package clary_runtime (python/)
  std::string model_server;    // the program clary-model-server on this host
  // Where the launcher keeps its workers' folders: a worker's /opt/ml is <workers_folder>/<id>/ml.
  std::string workers_folder;
  std::string trainer;  // the program clary-train on this host, which runs the built-in algorithms
  std::chrono::milliseconds stop_grace{120000};  // between SIGTERM and SIGKILL; AWS grants two minutes
  std::chrono::milliseconds peer_grace{10000};   // the same, for the other hosts of a job that has failed on one
  // How long after a host's failure those of the others are looked at for the cause.
  std::chrono::milliseconds settle{500};
  std::chrono::milliseconds metric_files_pause{1000};  // between two looks at what a job's processes wrote there
  unsigned transfers = 4;         // downloads at a time; and uploads
  bool isolated = true;           // whether a worker has a file system of its own: mounts are possible
  std::size_t most_jobs = 10000;  // unfinished at a time; create() answers ResourceLimitExceeded beyond
  std::vector<JobObserver> observers;  // told in this order
  // Tests of restarts: told of each step of a job's life when it is done; false: as if the server had been killed here.
  std::function<bool(std::string_view step)> passed = {};
};

}  // namespace clary::jobs
