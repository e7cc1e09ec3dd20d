#include "services/sagemaker/handlers.hpp"

namespace clary::services::sagemaker {

Outcome<CreateArtifactOutput> create_artifact(Context&, const CreateArtifactInput&) {
  return make_error(ErrorKind::not_implemented, "The operation CreateArtifact of SageMaker is not served by Clary.");
}

Outcome<DescribeArtifactOutput> describe_artifact(Context&, const DescribeArtifactInput&) {
  return make_error(ErrorKind::not_implemented, "The operation DescribeArtifact of SageMaker is not served by Clary.");
}

Outcome<ListArtifactsOutput> list_artifacts(Context&, const ListArtifactsInput&) {
  return make_error(ErrorKind::not_implemented, "The operation ListArtifacts of SageMaker is not served by Clary.");
}

Outcome<UpdateArtifactOutput> update_artifact(Context&, const UpdateArtifactInput&) {
  return make_error(ErrorKind::not_implemented, "The operation UpdateArtifact of SageMaker is not served by Clary.");
}

Outcome<DeleteArtifactOutput> delete_artifact(Context&, const DeleteArtifactInput&) {
  return make_error(ErrorKind::not_implemented, "The operation DeleteArtifact of SageMaker is not served by Clary.");
}

}  // namespace clary::services::sagemaker
