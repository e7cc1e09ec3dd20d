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

// What it is started with; the machine adds what all kinds share.
workers::WorkerSpec training_worker(const Job& job, const TrainingSpec& spec, const Host& host, const Ready& ready,
                                    const std::string& runtime_folder);

}  // namespace clary::jobs
