#include "services/sagemaker/handlers.hpp"
#include "services/sagemaker/lineage.hpp"
#include "services/sagemaker/retries.hpp"

namespace clary::services::sagemaker {

namespace {

std::optional<meta::EndFilter> to_end(const std::optional<std::string>& type) {
  if (!type) return std::nullopt;
  return meta::EndFilter{*type, std::string(kind_of_lineage_type(*type))};
}

meta::AssociationQuery::Sort to_sort(const std::optional<std::string>& by) {
  using Sort = meta::AssociationQuery::Sort;
  if (by == "SourceArn") return Sort::source_arn;
  if (by == "DestinationArn") return Sort::destination_arn;
  if (by == "SourceType") return Sort::source_type;
  return by == "DestinationType" ? Sort::destination_type : Sort::created;
}

meta::AssociationQuery to_association_query(const Scope& scope, const ListAssociationsInput& in) {
  meta::AssociationQuery query;
  query.scope = scope;
  query.source_type = to_end(in.SourceType);
  query.destination_type = to_end(in.DestinationType);
  query.type = in.AssociationType;
  query.created_from = in.CreatedAfter;
  query.created_to = in.CreatedBefore;
  query.sort = to_sort(in.SortBy);
  query.descending = in.SortOrder != "Ascending";
  query.limit = in.MaxResults.value_or(10);
  query.after = in.NextToken.value_or("");
  return query;
}

// An artifact may have no name.
Outcome<std::optional<std::string>> name_of(meta::Session& session, const meta::AssociationEnd& end) {
  TRY(auto record, meta::find_by_id(session, end.record));
  if (!record) return internal("the association's end {} is gone", end.arn);
  if (record->kind != artifact_kind) return std::optional(record->name);
  TRY(auto artifact, read_entity<ArtifactEntity>(*record));
  return artifact.ArtifactName;
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

Outcome<AssociationSummary> to_summary(meta::Session& session, const meta::Association& association) {
  AssociationSummary summary;
  summary.SourceArn = association.source.arn;
  summary.DestinationArn = association.destination.arn;
  summary.SourceType = unless_empty(association.source.type);
  summary.DestinationType = unless_empty(association.destination.type);
  summary.AssociationType = unless_empty(association.type);
  TRY(summary.SourceName, name_of(session, association.source));
  TRY(summary.DestinationName, name_of(session, association.destination));
  summary.CreationTime = association.created;
  TRY(summary.CreatedBy, wire::from_document<UserContext>(UserContext_shape, association.document));
  return summary;
}

}  // namespace

Outcome<AddAssociationOutput> add_association(Context& call, const AddAssociationInput& in) {
  meta::Association made;
  made.scope = call.scope;
  made.type = in.AssociationType.value_or("");
  made.created = call.clock.now();
  made.document = with_invocation(call.request, wire::to_document(UserContext_shape, user_of(call)));
  return call.store.write([&](meta::Session& session) -> Outcome<AddAssociationOutput> {
    TRY(auto source, find_entity(session, call.scope, in.SourceArn));
    TRY(auto destination, find_entity(session, call.scope, in.DestinationArn));
    made.source = end_of(source);
    made.destination = end_of(destination);
    TRY(bool is_new, meta::associate(session, made));
    if (!is_new) {
      TRY(auto earlier, meta::find_association(session, source.id, destination.id));
      if (!earlier || !repeats(call.request, earlier->document))
        return validation("An association between '{}' and '{}' already exists.", in.SourceArn, in.DestinationArn);
    }
    return AddAssociationOutput{.SourceArn = in.SourceArn, .DestinationArn = in.DestinationArn};
  });
}

Outcome<ListAssociationsOutput> list_associations(Context& call, const ListAssociationsInput& in) {
  auto query = to_association_query(call.scope, in);
  return call.store.read([&](meta::Session& session) -> Outcome<ListAssociationsOutput> {
    ListAssociationsOutput out;
    out.AssociationSummaries.emplace();
    // What is gone, or never was, has none.
    for (auto [arn, record] : {std::pair(&in.SourceArn, &query.source), std::pair(&in.DestinationArn, &query.destination)}) {
      if (!*arn) continue;
      auto entity = find_entity(session, call.scope, **arn);
      if (!entity && entity.error().kind == ErrorKind::not_found) return out;
      if (!entity) return std::move(entity).error();
      *record = entity->id;
    }
    TRY(auto page, meta::list_associations(session, query));
    for (const meta::Association& association : page.associations) {
      TRY(auto summary, to_summary(session, association));
      out.AssociationSummaries->push_back(std::move(summary));
    }
    out.NextToken = unless_empty(page.next);
    return out;
  });
}

Outcome<DeleteAssociationOutput> delete_association(Context& call, const DeleteAssociationInput& in) {
  return call.store.write([&](meta::Session& session) -> Outcome<DeleteAssociationOutput> {
    TRY(auto source, find_entity(session, call.scope, in.SourceArn));
    TRY(auto destination, find_entity(session, call.scope, in.DestinationArn));
    TRY(bool was_there, meta::dissociate(session, source.id, destination.id));
    if (!was_there)
      return aws_error(ErrorKind::not_found, "ResourceNotFound", "The association between '{}' and '{}' does not exist.", in.SourceArn,
                       in.DestinationArn);
    return DeleteAssociationOutput{.SourceArn = in.SourceArn, .DestinationArn = in.DestinationArn};
  });
}

}  // namespace clary::services::sagemaker
