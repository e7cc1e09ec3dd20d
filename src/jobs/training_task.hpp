// Training, as the machine of jobs sees it. Thread rule and invariant: a Task's.
#pragma once

#include <memory>

#include "jobs/job_kind.hpp"
#include "jobs/training_job.hpp"

namespace clary::jobs {

extern const JobKind training_job_kind;

std::shared_ptr<const Task> make_training_task(const JobParts& parts, TrainingSpec spec);

}  // namespace clary::jobs
