#include "services/sagemaker/own_lineage.hpp"

#include "services/sagemaker/lineage.hpp"

namespace clary::services::sagemaker {

namespace {

// The longest URI that an artifact's source may have; what is longer has no artifact.
constexpr std::size_t longest_uri = 2048;

Outcome<void> associate(meta::Session& session, const meta::Record& source, const meta::Record& destination, std::string_view type, Time now) {
  meta::Association made;
  made.scope = destination.scope;
  made.source = end_of(source);
  made.destination = end_of(destination);
  made.type = type;
  made.created = now;
  made.document = "{}";
  CHECK_OK(meta::associate(session, made));
  return {};
}

Outcome<std::vector<meta::Record>> artifacts_of(meta::Session& session, const Scope& scope, const std::vector<Thing>& things, Time now) {
  std::vector<meta::Record> artifacts;
  for (const Thing& thing : things) {
    if (thing.uri.empty() || thing.uri.size() > longest_uri) continue;
    DescribeArtifactOutput artifact;
    artifact.Source = ArtifactSource{.SourceUri = thing.uri};
    artifact.ArtifactType = std::string(thing.type);
    TRY(auto ensured, ensure_artifact(session, scope, artifact, now));
    artifacts.push_back(std::move(ensured.record));
  }
  return artifacts;
}

std::string model_data_of(const ContainerDefinition& container) {
  if (container.ModelDataUrl) return *container.ModelDataUrl;
  if (container.ModelDataSource && container.ModelDataSource->S3DataSource) return container.ModelDataSource->S3DataSource->S3Uri;
  return "";
}

std::vector<ContainerDefinition> containers_of(const CreateModelInput& model) {
  if (model.PrimaryContainer) return {*model.PrimaryContainer};
  return model.Containers.value_or(std::vector<ContainerDefinition>{});
}

Outcome<meta::Record> insert_entity(meta::Session& session, meta::Record record, const Scope& scope, Time now) {
  record.scope = scope;
  record.arn = sagemaker_arn(scope, record.kind, record.name);
  record.created = record.modified = now;
  TRY(record.id, meta::insert(session, record));
  return record;
}

// An endpoint's name may be used again after its deletion, so the time of what it tells of is in an entity's name.
std::string entity_name(const meta::Record& endpoint, Time now, std::string_view what) {
  return fmt::format("{}-{}-aws-{}", endpoint.name, now.micros, what);
}

Outcome<meta::Record> make_endpoint_context(meta::Session& session, const meta::Record& endpoint, Time now) {
  DescribeContextOutput context;
  context.ContextName = entity_name(endpoint, now, "endpoint");
  context.ContextType = "Endpoint";
  context.Source = ContextSource{.SourceUri = endpoint.arn, .SourceType = "ARN"};
  return insert_entity(session, entity_record<ContextEntity>(*context.ContextName, context), endpoint.scope, now);
}

Outcome<meta::Record> endpoint_context(meta::Session& session, const meta::Record& endpoint, Time now) {
  if (now == endpoint.created) return make_endpoint_context(session, endpoint, now);
  meta::ListQuery query{.kind = std::string(context_kind), .scope = endpoint.scope, .status = "Endpoint", .parent = endpoint.arn};
  query.created_after = Time{endpoint.created.micros - 1};  // an earlier endpoint of that name has its own
  query.descending = true;
  query.limit = 1;
  TRY(meta::Page page, meta::list(session, query));
  if (!page.records.empty()) return std::move(page.records.front());
  return make_endpoint_context(session, endpoint, now);
}

}  // namespace

Outcome<void> associate_from(meta::Session& session, const std::vector<Thing>& things, std::string_view association, const meta::Record& to,
                             Time now) {
  TRY(auto artifacts, artifacts_of(session, to.scope, things, now));
  for (const meta::Record& artifact : artifacts) CHECK_OK(associate(session, artifact, to, association, now));
  return {};
}

Outcome<void> associate_to(meta::Session& session, const meta::Record& from, std::string_view association, const std::vector<Thing>& things,
                           Time now) {
  TRY(auto artifacts, artifacts_of(session, from.scope, things, now));
  for (const meta::Record& artifact : artifacts) CHECK_OK(associate(session, from, artifact, association, now));
  return {};
}

std::vector<Thing> things_of(const CreateModelInput& model) {
  std::vector<Thing> things;
  for (const ContainerDefinition& container : containers_of(model)) {
    things.push_back({model_data_of(container), "Model"});
    things.push_back({container.Image.value_or(""), "Image"});
  }
  return things;
}

Outcome<void> record_model(meta::Session& session, const meta::Record& model, const CreateModelInput& in) {
  for (const ContainerDefinition& container : containers_of(in)) {
    const std::vector<Thing> image{{container.Image.value_or(""), "Image"}};
    TRY(auto data, artifacts_of(session, model.scope, {{model_data_of(container), "Model"}}, model.created));
    if (!data.empty()) {
      CHECK_OK(associate_from(session, image, "AssociatedWith", data.front(), model.created));
    } else {
      CHECK_OK(artifacts_of(session, model.scope, image, model.created));
    }
  }
  return {};
}

Outcome<void> record_deployment(meta::Session& session, const meta::Record& endpoint, const std::vector<serving::VariantSpec>& variants, Time now) {
  DescribeActionOutput deployment;
  deployment.ActionName = entity_name(endpoint, now, "model-deployment");
  deployment.ActionType = "ModelDeployment";
  deployment.Source = ActionSource{.SourceUri = endpoint.arn, .SourceType = "ARN"};
  TRY(auto action, insert_entity(session, entity_record<ActionEntity>(*deployment.ActionName, deployment), endpoint.scope, now));
  std::vector<Thing> things;
  for (const serving::VariantSpec& variant : variants) {
    things.push_back({variant.container.model_data_url, "Model"});
    things.push_back({variant.container.image, "Image"});
  }
  CHECK_OK(associate_from(session, things, "ContributedTo", action, now));
  TRY(auto context, endpoint_context(session, endpoint, now));
  return associate(session, action, context, "AssociatedWith", now);
}

}  // namespace clary::services::sagemaker
