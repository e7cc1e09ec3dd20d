// What a job's log and metrics files say, kept where it is looked for: as series of the job's trial component, and (a training job's log) as data of
// CloudWatch. Thread rule: the observer's functions run on the store's writer. Invariant: a point is there once, in the transaction that stores how far the log and the files have been read.
#pragma once

#include "jobs/job_observer.hpp"

namespace clary::services::sagemaker {

// For JobParts::observers; after job_components().
jobs::JobObserver job_measurements();

}  // namespace clary::services::sagemaker
