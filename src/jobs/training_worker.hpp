// The worker of a training job's host: its folder's layout and what it is started with. Thread rule: pure functions but
// for make_layout(), which writes the host's own folder alone.
#pragma once

#include "base/outcome.hpp"
#include "jobs/job_kind.hpp"
#include "jobs/training_job.hpp"
#include "workers/launcher.hpp"

namespace clary::jobs {

// Makes the folders and configuration files of the container contract below `host.ml`.
Outcome<void> make_layout(const TrainingSpec& spec, const Host& host);

// What this side has for its workers: clary_runtime, and the program of the built-in algorithms.
struct TrainingTools {
  std::string runtime_folder, trainer;
};

// Whether the job trains a built-in algorithm of the image: it brings no script and no command.
bool trains_algorithm(const TrainingSpec& spec, const runtimes::Version& version);

// What it is started with; the machine adds what all kinds share.
workers::WorkerSpec training_worker(const Job& job, const TrainingSpec& spec, const Host& host, const Ready& ready,
                                    const TrainingTools& tools);

}  // namespace clary::jobs
