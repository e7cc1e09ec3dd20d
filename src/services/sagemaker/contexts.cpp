#include "services/sagemaker/handlers.hpp"
#include "services/sagemaker/lineage.hpp"

namespace clary::services::sagemaker {

Outcome<CreateContextOutput> create_context(Context& call, const CreateContextInput& in) {
  DescribeContextOutput context;
  wire::project(DescribeContextResponse_shape, &context, CreateContextRequest_shape, &in);
  context.ContextName = in.ContextName;
  context.CreatedBy = context.LastModifiedBy = user_of(call);
  TRY(auto stored, create_tracked(call, entity_record<ContextEntity>(in.ContextName, context), in.Tags));
  return CreateContextOutput{.ContextArn = stored.arn};
}

Outcome<DescribeContextOutput> describe_context(Context& call, const DescribeContextInput& in) {
  TRY(std::string name, tracked_name(call, context_kind, in.ContextName));
  TRY(auto record, find_tracked(call, context_kind, name));
  return read_entity<ContextEntity>(record);
}

Outcome<ListContextsOutput> list_contexts(Context& call, const ListContextsInput& in) {
  ListContextsOutput out;
  TRY(out.NextToken, list_entities<ContextEntity>(call, in, in.ContextType, ContextSummary_shape, out.ContextSummaries,
                                                  [](ContextSummary& summary, const DescribeContextOutput& context) {
                                                    summary.ContextName = context.ContextName;
                                                    summary.ContextType = context.ContextType;
                                                  }));
  return out;
}

Outcome<UpdateContextOutput> update_context(Context& call, const UpdateContextInput& in) {
  TRY(auto record, change_entity<ContextEntity>(call, in.ContextName, in));
  return UpdateContextOutput{.ContextArn = record.arn};
}

Outcome<DeleteContextOutput> delete_context(Context& call, const DeleteContextInput& in) {
  TRY(auto record, erase_tracked(call, context_kind, in.ContextName, check_unassociated));
  return DeleteContextOutput{.ContextArn = record.arn};
}

}  // namespace clary::services::sagemaker
