#include "services/sagemaker/handlers.hpp"
#include "services/sagemaker/lineage.hpp"

namespace clary::services::sagemaker {

// Whoever names a source that has its artifact gets that one, as it is: clients log the same file in several runs, or as input and as output of one.
Outcome<CreateArtifactOutput> create_artifact(Context& call, const CreateArtifactInput& in) {
  CHECK_OK(check_tags(in.Tags));
  DescribeArtifactOutput artifact;
  wire::project(DescribeArtifactResponse_shape, &artifact, CreateArtifactRequest_shape, &in);
  artifact.ArtifactName = in.ArtifactName;
  artifact.Properties = in.Properties;
  artifact.CreatedBy = artifact.LastModifiedBy = user_of(call);
  TRY(auto stored, call.store.write([&](meta::Session& session) -> Outcome<meta::Record> {
    TRY(auto made, ensure_artifact(session, call.scope, artifact, call.clock.now()));
    if (made.is_new && in.Tags) CHECK_OK(meta::put_tags(session, made.record.arn, to_tags(in.Tags)));
    return made.record;
  }));
  return CreateArtifactOutput{.ArtifactArn = stored.arn};
}

Outcome<DescribeArtifactOutput> describe_artifact(Context& call, const DescribeArtifactInput& in) {
  TRY(std::string name, tracked_name(call, artifact_kind, in.ArtifactArn));
  TRY(auto record, find_tracked(call, artifact_kind, name));
  return read_entity<ArtifactEntity>(record);
}

Outcome<ListArtifactsOutput> list_artifacts(Context& call, const ListArtifactsInput& in) {
  ListArtifactsOutput out;
  TRY(out.NextToken, list_entities<ArtifactEntity>(call, in, in.ArtifactType, ArtifactSummary_shape, out.ArtifactSummaries,
                                                   [](ArtifactSummary& summary, const DescribeArtifactOutput& artifact) {
                                                     summary.ArtifactName = artifact.ArtifactName;
                                                     summary.ArtifactType = artifact.ArtifactType;
                                                   }));
  return out;
}

Outcome<UpdateArtifactOutput> update_artifact(Context& call, const UpdateArtifactInput& in) {
  TRY(std::string name, tracked_name(call, artifact_kind, in.ArtifactArn));
  TRY(auto record, change_entity<ArtifactEntity>(call, name, in));
  return UpdateArtifactOutput{.ArtifactArn = record.arn};
}

Outcome<DeleteArtifactOutput> delete_artifact(Context& call, const DeleteArtifactInput& in) {
  if (!in.ArtifactArn && !in.Source) return validation("Either ArtifactArn or Source must be specified.");
  std::string name;
  if (in.ArtifactArn) {  // SDK 3 sends both
    TRY(name, tracked_name(call, artifact_kind, *in.ArtifactArn));
  } else {
    name = artifact_name(*in.Source);
  }
  TRY(auto record, erase_tracked(call, artifact_kind, name, check_unassociated));
  return DeleteArtifactOutput{.ArtifactArn = record.arn};
}

}  // namespace clary::services::sagemaker
