// Resources as their Describe operations answer them, for Search too, which finds them by other ways. Thread rule: pure functions.
// Invariant: what Describe and Search tell of one record is made in one place.
#pragma once

#include "jobs/processing_jobs.hpp"
#include "jobs/training_jobs.hpp"
#include "jobs/transform_jobs.hpp"
#include "services/sagemaker/resources.hpp"
#include "serving/endpoints.hpp"

namespace clary::services::sagemaker {

Outcome<DescribeTrainingJobOutput> described_training_job(const jobs::TrainingJob& job);
Outcome<DescribeProcessingJobOutput> described_processing_job(const jobs::ProcessingJob& job);
Outcome<DescribeTransformJobOutput> described_transform_job(const jobs::TransformJob& job);
DescribeEndpointOutput described_endpoint(const serving::Endpoint& endpoint);
Outcome<DescribeModelOutput> described_model(const meta::Record& record);

}  // namespace clary::services::sagemaker
