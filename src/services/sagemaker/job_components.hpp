// The trial component that every job of a kind of job_facts.hpp has, whether or not anyone asked: made in the transaction that stores the job, and
// brought along with each change of it. Thread rule: the observer's functions run on the store's writer. Invariant: a change of the job writes only
// what has changed of it, so that what a user wrote into the component stays.
#pragma once

#include "jobs/job_observer.hpp"

namespace clary::services::sagemaker {

// For JobParts::observers; goes before those that look a job's component up. A job whose ExperimentConfig names an experiment, trial or run that is
// not there is refused with ResourceNotFound; an experiment without a trial gets one, `<job>-aws-trial`.
jobs::JobObserver job_components();

}  // namespace clary::services::sagemaker
