#include "services/sagemaker/lineage.hpp"

#include "auth/digest.hpp"
#include "base/bytes.hpp"

namespace clary::services::sagemaker {

namespace {

constexpr std::pair<std::string_view, std::string_view> lineage_types[] = {
    {artifact_kind, "Artifact"}, {action_kind, "Action"}, {context_kind, "Context"}, {trial_component_kind, "TrialComponent"}};

// "TrainingJob" of "arn:aws:sagemaker:...:training-job/name"; empty for what is no job.
std::string job_type(const std::string& source_arn) {
  constexpr std::pair<std::string_view, std::string_view> jobs[] = {
      {"training-job", "TrainingJob"}, {"processing-job", "ProcessingJob"}, {"transform-job", "TransformJob"}};
  auto arn = parse_arn(source_arn);
  if (!arn) return "";
  for (const auto& [resource, type] : jobs) {
    if (arn->type() == resource) return std::string(type);
  }
  return "";
}

}  // namespace

std::string artifact_name(const ArtifactSource& source) {
  constexpr std::size_t hex_digits = 32;
  ArtifactSource told = source;
  if (told.SourceTypes && told.SourceTypes->empty()) told.SourceTypes.reset();  // clients send either
  return to_hex(auth::sha256(wire::to_document(ArtifactSource_shape, told))).substr(0, hex_digits);
}

Outcome<EnsuredArtifact> ensure_artifact(meta::Session& session, const Scope& scope, const DescribeArtifactOutput& artifact, Time now) {
  meta::Record record = entity_record<ArtifactEntity>(artifact_name(*artifact.Source), artifact);
  TRY(auto earlier, meta::find(session, artifact_kind, scope, record.name));
  if (earlier) return EnsuredArtifact{*std::move(earlier), false};
  record.scope = scope;
  record.arn = sagemaker_arn(scope, artifact_kind, record.name);
  record.created = record.modified = now;
  TRY(record.id, meta::insert(session, record));
  return EnsuredArtifact{std::move(record), true};
}

void set_properties(std::optional<Properties>& stored, const std::optional<Properties>& given,
                    const std::optional<std::vector<std::string>>& removed) {
  if (given) stored = given;
  if (!stored || !removed) return;
  for (const std::string& name : *removed) stored->erase(name);
}

Outcome<void> check_unassociated(meta::Session& session, const meta::Record& entity) {
  TRY(bool has, meta::has_associations(session, entity.id));
  if (has) return still_linked(entity, "associations");
  return {};
}

Outcome<meta::Record> find_entity(meta::Session& session, const Scope& scope, const std::string& arn) {
  auto parsed = parse_arn(arn);
  if (parsed && parsed->service == "sagemaker" && Scope{parsed->account, parsed->region} == scope) {
    TRY(auto record, meta::find(session, parsed->type(), scope, parsed->name()));
    if (record) return *std::move(record);
  }
  return aws_error(ErrorKind::not_found, "ResourceNotFound", "Lineage entity '{}' does not exist.", arn);
}

std::string_view lineage_type(std::string_view kind) {
  for (const auto& [known, type] : lineage_types) {
    if (known == kind) return type;
  }
  return "Context";
}

std::string_view kind_of_lineage_type(std::string_view type) {
  for (const auto& [kind, known] : lineage_types) {
    if (known == type) return kind;
  }
  return "";
}

meta::AssociationEnd end_of(const meta::Record& record) {
  meta::AssociationEnd end{record.id, record.kind, record.arn, record.status};
  if (record.kind == trial_component_kind) end.type = job_type(record.parent);
  if (record.kind == experiment_kind) end.type = "Experiment";
  return end;
}

}  // namespace clary::services::sagemaker
