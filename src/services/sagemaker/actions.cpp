#include "services/sagemaker/handlers.hpp"
#include "services/sagemaker/lineage.hpp"

namespace clary::services::sagemaker {

Outcome<CreateActionOutput> create_action(Context& call, const CreateActionInput& in) {
  DescribeActionOutput action;
  wire::project(DescribeActionResponse_shape, &action, CreateActionRequest_shape, &in);
  action.ActionName = in.ActionName;
  action.CreatedBy = action.LastModifiedBy = user_of(call);
  TRY(auto stored, create_tracked(call, entity_record<ActionEntity>(in.ActionName, action), in.Tags));
  return CreateActionOutput{.ActionArn = stored.arn};
}

Outcome<DescribeActionOutput> describe_action(Context& call, const DescribeActionInput& in) {
  TRY(std::string name, tracked_name(call, action_kind, in.ActionName));
  TRY(auto record, find_tracked(call, action_kind, name));
  return read_entity<ActionEntity>(record);
}

Outcome<ListActionsOutput> list_actions(Context& call, const ListActionsInput& in) {
  ListActionsOutput out;
  TRY(out.NextToken, list_entities<ActionEntity>(call, in, in.ActionType, ActionSummary_shape, out.ActionSummaries,
                                                 [](ActionSummary& summary, const DescribeActionOutput& action) {
                                                   summary.ActionName = action.ActionName;
                                                   summary.ActionType = action.ActionType;
                                                 }));
  return out;
}

Outcome<UpdateActionOutput> update_action(Context& call, const UpdateActionInput& in) {
  TRY(auto record, change_entity<ActionEntity>(call, in.ActionName, in));
  return UpdateActionOutput{.ActionArn = record.arn};
}

Outcome<DeleteActionOutput> delete_action(Context& call, const DeleteActionInput& in) {
  TRY(auto record, erase_tracked(call, action_kind, in.ActionName, check_unassociated));
  return DeleteActionOutput{.ActionArn = record.arn};
}

}  // namespace clary::services::sagemaker
