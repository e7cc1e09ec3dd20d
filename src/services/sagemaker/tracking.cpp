#include "services/sagemaker/tracking.hpp"

#include "services/sagemaker/retries.hpp"

namespace clary::services::sagemaker {

namespace {

std::string_view word_of(std::string_view kind) {
  if (kind == experiment_kind) return "Experiment";
  if (kind == trial_kind) return "Trial";
  if (kind == artifact_kind) return "Artifact";
  if (kind == action_kind) return "Action";
  return kind == context_kind ? "Context" : "TrialComponent";
}

}  // namespace

Outcome<meta::Record> find_tracked(meta::Session& session, std::string_view kind, const Scope& scope,
                                   const std::string& name) {
  TRY(auto record, meta::find(session, kind, scope, name));
  if (record) return *std::move(record);
  return aws_error(ErrorKind::not_found, "ResourceNotFound", "{} '{}' does not exist.", word_of(kind),
                   sagemaker_arn(scope, kind, name));
}

Outcome<meta::Record> find_tracked(Context& call, std::string_view kind, const std::string& name) {
  return call.store.read([&](meta::Session& session) { return find_tracked(session, kind, call.scope, name); });
}

Outcome<std::string> tracked_name(const Context& call, std::string_view kind, const std::string& name_or_arn) {
  auto slash = name_or_arn.rfind('/');
  if (slash == std::string::npos) return name_or_arn;
  std::string name = name_or_arn.substr(slash + 1);
  if (sagemaker_arn(call.scope, kind, name) != name_or_arn)
    return aws_error(ErrorKind::not_found, "ResourceNotFound", "{} '{}' does not exist.", word_of(kind), name_or_arn);
  return name;
}

Outcome<meta::Record> create_tracked(Context& call, meta::Record record, const std::optional<std::vector<Tag>>& tags,
                                     const TrackedCheck& check) {
  CHECK_OK(check_tags(tags));
  record.scope = call.scope;
  record.arn = sagemaker_arn(call.scope, record.kind, record.name);
  record.created = record.modified = call.clock.now();
  record.document = with_invocation(call.request, std::move(record.document));
  return call.store.write([&](meta::Session& session) -> Outcome<meta::Record> {
    TRY(auto earlier, meta::find(session, record.kind, call.scope, record.name));
    if (earlier && repeats(call.request, earlier->document)) return *std::move(earlier);
    if (earlier)
      return validation("{} names must be unique within an AWS account and region. {} with name ({}) already exists.",
                        word_of(record.kind), word_of(record.kind), record.name);
    if (check) CHECK_OK(check(session, record));
    TRY(record.id, meta::insert(session, record));
    if (tags) CHECK_OK(meta::put_tags(session, record.arn, to_tags(tags)));
    return record;
  });
}

Outcome<meta::Record> change_tracked(Context& call, std::string_view kind, const std::string& name,
                                     const std::function<Outcome<void>(meta::Record&)>& change) {
  return call.store.write([&](meta::Session& session) -> Outcome<meta::Record> {
    TRY(auto record, find_tracked(session, kind, call.scope, name));
    const std::string earlier = record.document;
    CHECK_OK(change(record));
    record.document = keep_invocation(earlier, std::move(record.document));
    record.modified = std::max(record.modified, call.clock.now());
    CHECK_OK(meta::update(session, record));
    return record;
  });
}

Outcome<meta::Record> erase_tracked(Context& call, std::string_view kind, const std::string& name,
                                    const TrackedCheck& check) {
  return call.store.write([&](meta::Session& session) -> Outcome<meta::Record> {
    TRY(auto record, find_tracked(session, kind, call.scope, name));
    CHECK_OK(check(session, record));
    TRY(bool erased, meta::erase(session, record.id));
    if (!erased) return internal("{} was found and then not there", record.arn);
    return record;
  });
}

Error still_linked(const meta::Record& record, std::string_view to) {
  return validation("{} '{}' is linked to 1 or more {} and cannot be deleted.", word_of(record.kind), record.arn, to);
}

UserContext user_of(const Context& call) {
  UserContext user;
  user.IamIdentity.emplace();
  user.IamIdentity->Arn = call.identity.principal_arn;
  user.IamIdentity->PrincipalId = call.identity.user_id;
  return user;
}

std::vector<TrialComponentMetricSummary> to_metric_summaries(const std::vector<meta::Summary>& series, const std::string& source) {
  std::vector<TrialComponentMetricSummary> metrics;
  metrics.reserve(series.size());
  for (const meta::Summary& one : series) {
    metrics.push_back({.MetricName = one.name,
                       .SourceArn = source,
                       .TimeStamp = one.last_time,
                       .Max = one.max,
                       .Min = one.min,
                       .Last = one.last,
                       .Count = one.count,
                       .Avg = one.mean,
                       .StdDev = one.deviation()});
  }
  return metrics;
}

std::string source_column(std::string arn) {
  for (char& c : arn) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return arn;
}

Outcome<DescribeTrialComponentOutput> read_component(const meta::Record& record) {
  return read_tracked<&DescribeTrialComponentOutput::TrialComponentArn, DescribeTrialComponentOutput>(
      DescribeTrialComponentResponse_shape, record);
}

void set_component(meta::Record& record, const DescribeTrialComponentOutput& component) {
  record.status = component.Status ? component.Status->PrimaryStatus.value_or("") : "";
  record.parent = component.Source ? source_column(component.Source->SourceArn.value_or("")) : "";
  record.document = tracked_document<&DescribeTrialComponentOutput::TrialComponentArn>(
      DescribeTrialComponentResponse_shape, component);
}

}  // namespace clary::services::sagemaker
