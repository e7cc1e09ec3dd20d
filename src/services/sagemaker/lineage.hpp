// What artifacts, actions and contexts share. A record's document is the answer of its Describe without ARN and times; its `status` is the
// entity's type ("DataSet") and its `parent` the URI of its source, because lists are filtered by these. An artifact is what its source is: its
// record's name, the end of its ARN, is a hash of the source, so that a source has one artifact, whoever makes it. Thread rule: pure functions, but
// for the store that they are given. Invariant: an entity with associations is not deleted.
#pragma once

#include <string>
#include <string_view>

#include "meta/associations.hpp"
#include "services/sagemaker/tracking.hpp"

namespace clary::services::sagemaker {

// One for each kind of entity: the answer of its Describe, and where that has what.
struct ArtifactEntity {
  using Described = DescribeArtifactOutput;
  static constexpr std::string_view kind = artifact_kind;
  static constexpr auto arn = &Described::ArtifactArn;
  static constexpr auto name = &Described::ArtifactName;
  static constexpr auto type = &Described::ArtifactType;
  static const wire::Shape& shape() { return DescribeArtifactResponse_shape; }
};
struct ActionEntity {
  using Described = DescribeActionOutput;
  static constexpr std::string_view kind = action_kind;
  static constexpr auto arn = &Described::ActionArn;
  static constexpr auto name = &Described::ActionName;
  static constexpr auto type = &Described::ActionType;
  static const wire::Shape& shape() { return DescribeActionResponse_shape; }
};
struct ContextEntity {
  using Described = DescribeContextOutput;
  static constexpr std::string_view kind = context_kind;
  static constexpr auto arn = &Described::ContextArn;
  static constexpr auto name = &Described::ContextName;
  static constexpr auto type = &Described::ContextType;
  static const wire::Shape& shape() { return DescribeContextResponse_shape; }
};

using Properties = std::map<std::string, std::string>;

// The end of an artifact's ARN.
std::string artifact_name(const ArtifactSource& source);
// The artifact of a source: the one that is there, else `artifact`, as new.
struct EnsuredArtifact {
  meta::Record record;
  bool is_new = false;
};
Outcome<EnsuredArtifact> ensure_artifact(meta::Session& session, const Scope& scope, const DescribeArtifactOutput& artifact, Time now);
// Properties take the place of those that were there; then the named ones go.
void set_properties(std::optional<Properties>& stored, const std::optional<Properties>& given,
                    const std::optional<std::vector<std::string>>& removed);
// Refuses to delete what has associations.
Outcome<void> check_unassociated(meta::Session& session, const meta::Record& entity);

template <typename E>
Outcome<typename E::Described> read_entity(const meta::Record& record) {
  return read_tracked<E::arn, typename E::Described>(E::shape(), record);
}

// A record as create_tracked() takes it.
template <typename E>
meta::Record entity_record(std::string name, const typename E::Described& entity) {
  meta::Record record;
  record.kind = E::kind;
  record.name = std::move(name);
  record.status = (entity.*E::type).value_or("");
  record.parent = entity.Source->SourceUri;
  record.document = tracked_document<E::arn>(E::shape(), entity);
  return record;
}

template <typename E, typename Input>
Outcome<meta::Record> change_entity(Context& call, const std::string& name, const Input& in) {
  return change_tracked(call, E::kind, name, [&](meta::Record& stored) -> Outcome<void> {
    TRY(auto entity, read_entity<E>(stored));
    if constexpr (requires { in.Description; }) {
      if (in.Description) entity.Description = in.Description;
    }
    if constexpr (requires { in.Status; }) {
      if (in.Status) entity.Status = in.Status;
    }
    if constexpr (requires { in.ArtifactName; }) {
      if (in.ArtifactName) entity.ArtifactName = in.ArtifactName;
    }
    set_properties(entity.Properties, in.Properties, in.PropertiesToRemove);
    entity.LastModifiedBy = user_of(call);
    stored.document = tracked_document<E::arn>(E::shape(), std::move(entity));
    return {};
  });
}

// A page of entities; `fill` gets each with its summary, which already has what both call the same.
template <typename E, typename Summary, typename Input, typename Fill>
Outcome<std::optional<std::string>> list_entities(Context& call, const Input& in, const std::optional<std::string>& type,
                                                  const wire::Shape& summary_shape, std::optional<std::vector<Summary>>& summaries, Fill fill) {
  auto query = to_tracked_query(E::kind, call.scope, in);
  query.parent = in.SourceUri;
  query.status = type;
  TRY(meta::Page page, call.store.read([&](meta::Session& session) { return meta::list(session, query); }));
  summaries.emplace();
  for (const meta::Record& record : page.records) {
    TRY(auto entity, read_entity<E>(record));
    Summary& summary = summaries->emplace_back();
    wire::project(summary_shape, &summary, E::shape(), &entity);
    fill(summary, entity);
  }
  return next_token(page);
}

// --- the graph ---------------------------------------------------------------------------------------------------------------------------------

// What an ARN of the model's AssociationEntityArn names in the scope, or AWS's ResourceNotFound.
Outcome<meta::Record> find_entity(meta::Session& session, const Scope& scope, const std::string& arn);
// "Artifact", "Action", "Context" or "TrialComponent"; experiments and trials are contexts.
std::string_view lineage_type(std::string_view kind);
// "artifact" for "Artifact"; empty for what is no lineage type.
std::string_view kind_of_lineage_type(std::string_view type);
// As which it stands at an end of an association; the type of a trial component is that of its job ("TrainingJob").
meta::AssociationEnd end_of(const meta::Record& record);

}  // namespace clary::services::sagemaker
