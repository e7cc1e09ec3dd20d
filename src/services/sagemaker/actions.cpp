#include "services/sagemaker/handlers.hpp"

namespace clary::services::sagemaker {

Outcome<CreateActionOutput> create_action(Context&, const CreateActionInput&) {
  return make_error(ErrorKind::not_implemented, "The operation CreateAction of SageMaker is not served by Clary.");
}

Outcome<DescribeActionOutput> describe_action(Context&, const DescribeActionInput&) {
  return make_error(ErrorKind::not_implemented, "The operation DescribeAction of SageMaker is not served by Clary.");
}

Outcome<ListActionsOutput> list_actions(Context&, const ListActionsInput&) {
  return make_error(ErrorKind::not_implemented, "The operation ListActions of SageMaker is not served by Clary.");
}

Outcome<UpdateActionOutput> update_action(Context&, const UpdateActionInput&) {
  return make_error(ErrorKind::not_implemented, "The operation UpdateAction of SageMaker is not served by Clary.");
}

Outcome<DeleteActionOutput> delete_action(Context&, const DeleteActionInput&) {
  return make_error(ErrorKind::not_implemented, "The operation DeleteAction of SageMaker is not served by Clary.");
}

}  // namespace clary::services::sagemaker
