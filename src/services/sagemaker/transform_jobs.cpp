#include "services/sagemaker/handlers.hpp"

namespace clary::services::sagemaker {

Outcome<CreateTransformJobOutput> create_transform_job(Context&, const CreateTransformJobInput&) {
  return make_error(ErrorKind::not_implemented, "The operation CreateTransformJob of SageMaker is not served by Clary.");
}

Outcome<DescribeTransformJobOutput> describe_transform_job(Context&, const DescribeTransformJobInput&) {
  return make_error(ErrorKind::not_implemented, "The operation DescribeTransformJob of SageMaker is not served by Clary.");
}

Outcome<ListTransformJobsOutput> list_transform_jobs(Context&, const ListTransformJobsInput&) {
  return make_error(ErrorKind::not_implemented, "The operation ListTransformJobs of SageMaker is not served by Clary.");
}

Outcome<StopTransformJobOutput> stop_transform_job(Context&, const StopTransformJobInput&) {
  return make_error(ErrorKind::not_implemented, "The operation StopTransformJob of SageMaker is not served by Clary.");
}

}  // namespace clary::services::sagemaker
