// What jobs write into the lineage by themselves (own_lineage.hpp): what a job's request reads contributes to its trial component when the job is
// created, and what it wrote is produced by that once the job has completed. Thread rule: the observer's functions run on the store's writer.
// Invariant: a job whose trial component a user has deleted writes no more.
#pragma once

#include "jobs/job_observer.hpp"

namespace clary::services::sagemaker {

// For JobParts::observers, behind job_components().
jobs::JobObserver job_lineage();

}  // namespace clary::services::sagemaker
