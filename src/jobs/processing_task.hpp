// The work of one processing job, as the machine of jobs drives it: its ProcessingInputs, its hosts' configuration and
// entry point, its outputs while it runs and at its end. Thread rule and invariant: see Task.
#pragma once

#include "jobs/job_kind.hpp"
#include "jobs/processing_job.hpp"

namespace clary::jobs {

extern const JobKind processing_job_kind;

std::shared_ptr<const Task> make_processing_task(const JobParts& parts, ProcessingSpec spec);

}  // namespace clary::jobs
