// The work of one transform job, as the machine of jobs drives it: a model server on each host, and what asks it
// (transform_host.hpp). Thread rule and invariant: see Task.
#pragma once

#include "jobs/job_kind.hpp"
#include "jobs/transform_job.hpp"

namespace clary::jobs {

extern const JobKind transform_job_kind;

std::shared_ptr<const Task> make_transform_task(const JobParts& parts, TransformSpec spec);

}  // namespace clary::jobs
