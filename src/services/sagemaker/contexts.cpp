#include "services/sagemaker/handlers.hpp"

namespace clary::services::sagemaker {

Outcome<CreateContextOutput> create_context(Context&, const CreateContextInput&) {
  return make_error(ErrorKind::not_implemented, "The operation CreateContext of SageMaker is not served by Clary.");
}

Outcome<DescribeContextOutput> describe_context(Context&, const DescribeContextInput&) {
  return make_error(ErrorKind::not_implemented, "The operation DescribeContext of SageMaker is not served by Clary.");
}

Outcome<ListContextsOutput> list_contexts(Context&, const ListContextsInput&) {
  return make_error(ErrorKind::not_implemented, "The operation ListContexts of SageMaker is not served by Clary.");
}

Outcome<UpdateContextOutput> update_context(Context&, const UpdateContextInput&) {
  return make_error(ErrorKind::not_implemented, "The operation UpdateContext of SageMaker is not served by Clary.");
}

Outcome<DeleteContextOutput> delete_context(Context&, const DeleteContextInput&) {
  return make_error(ErrorKind::not_implemented, "The operation DeleteContext of SageMaker is not served by Clary.");
}

}  // namespace clary::services::sagemaker
