#include <cmath>

#include "services/sagemaker/handlers.hpp"
#include "services/sagemaker/tracking.hpp"

namespace clary::services::sagemaker {

namespace {

// The model bounds what one call brings; these bound what several have brought, by the same numbers.
constexpr std::size_t most_parameters = 300;
constexpr std::size_t most_artifacts = 60;

using Parameters = std::map<std::string, TrialComponentParameterValue>;

Outcome<void> check_parameters(const std::optional<Parameters>& parameters) {
  if (!parameters) return {};
  for (const auto& [name, value] : *parameters) {
    if (value.StringValue.has_value() == value.NumberValue.has_value())
      return validation("Parameter '{}' must have either a StringValue or a NumberValue.", name);
    if (value.NumberValue && !std::isfinite(*value.NumberValue))
      return validation("Parameter '{}': NumberValue must be a finite number.", name);
  }
  return {};
}

// The named ones go, then the given ones come or take the place of those of their name.
template <typename T>
Outcome<void> merge(std::optional<std::map<std::string, T>>& into, const std::optional<std::map<std::string, T>>& given,
                    const std::optional<std::vector<std::string>>& removed, std::size_t most, std::string_view what) {
  if (!into) into.emplace();
  if (removed) {
    for (const std::string& name : *removed) into->erase(name);
  }
  if (given) {
    for (const auto& [name, value] : *given) into->insert_or_assign(name, value);
  }
  if (into->size() > most)
    return validation("A trial component can have at most {} {}; the update would give it {}.", most, what,
                      into->size());
  return {};
}

}  // namespace

Outcome<CreateTrialComponentOutput> create_trial_component(Context& call, const CreateTrialComponentInput& in) {
  CHECK_OK(check_parameters(in.Parameters));
  DescribeTrialComponentOutput component;
  wire::project(DescribeTrialComponentResponse_shape, &component, CreateTrialComponentRequest_shape, &in);
  if (!component.DisplayName) component.DisplayName = in.TrialComponentName;
  component.CreatedBy = component.LastModifiedBy = user_of(call);
  meta::Record record;
  record.kind = trial_component_kind;
  record.name = in.TrialComponentName;
  set_component(record, component);
  TRY(auto stored, create_tracked(call, std::move(record), in.Tags));
  return CreateTrialComponentOutput{.TrialComponentArn = stored.arn};
}

Outcome<DescribeTrialComponentOutput> describe_trial_component(Context& call, const DescribeTrialComponentInput& in) {
  TRY(std::string name, tracked_name(call, trial_component_kind, in.TrialComponentName));
  std::vector<meta::Summary> series;
  TRY(auto record, call.store.read([&](meta::Session& session) -> Outcome<meta::Record> {
    TRY(auto found, find_tracked(session, trial_component_kind, call.scope, name));
    TRY(series, meta::summaries(session, found.id));
    return found;
  }));
  TRY(auto out, read_component(record));
  out.Metrics = to_metric_summaries(series, record.parent.empty() ? record.arn : record.parent);
  // Clients go through these without asking whether they are there.
  if (!out.Parameters) out.Parameters.emplace();
  if (!out.InputArtifacts) out.InputArtifacts.emplace();
  if (!out.OutputArtifacts) out.OutputArtifacts.emplace();
  if (!out.Sources) out.Sources.emplace();
  if (out.Source && out.Sources->empty()) out.Sources->push_back(*out.Source);
  return out;
}

Outcome<ListTrialComponentsOutput> list_trial_components(Context& call, const ListTrialComponentsInput& in) {
  auto query = to_tracked_query(trial_component_kind, call.scope, in);
  if (in.SourceArn) query.parent = source_column(*in.SourceArn);
  TRY(meta::Page page, call.store.read([&](meta::Session& session) -> Outcome<meta::Page> {
    meta::LinkFilter links{.kind = std::string(component_link)};
    if (in.TrialName) {
      TRY(auto trial, find_tracked(session, trial_kind, call.scope, *in.TrialName));
      links.source = trial.id;
    }
    if (in.ExperimentName) {
      CHECK_OK(find_tracked(session, experiment_kind, call.scope, *in.ExperimentName));
      links.source_kind = trial_kind;
      links.source_parent = in.ExperimentName;
    }
    return meta::list_linked(session, query, links);
  }));
  ListTrialComponentsOutput out;
  out.TrialComponentSummaries.emplace();
  for (const meta::Record& record : page.records) {
    TRY(auto component, read_component(record));
    TrialComponentSummary& summary = out.TrialComponentSummaries->emplace_back();
    wire::project(TrialComponentSummary_shape, &summary, DescribeTrialComponentResponse_shape, &component);
    summary.TrialComponentSource = component.Source;
  }
  out.NextToken = next_token(page);
  return out;
}

Outcome<UpdateTrialComponentOutput> update_trial_component(Context& call, const UpdateTrialComponentInput& in) {
  CHECK_OK(check_parameters(in.Parameters));
  TRY(auto record,
      change_tracked(call, trial_component_kind, in.TrialComponentName, [&](meta::Record& stored) -> Outcome<void> {
        TRY(auto component, read_component(stored));
        if (in.DisplayName) component.DisplayName = in.DisplayName;
        if (in.Status) component.Status = in.Status;
        if (in.StartTime) component.StartTime = in.StartTime;
        if (in.EndTime) component.EndTime = in.EndTime;
        CHECK_OK(merge(component.Parameters, in.Parameters, in.ParametersToRemove, most_parameters, "parameters"));
        CHECK_OK(merge(component.InputArtifacts, in.InputArtifacts, in.InputArtifactsToRemove, most_artifacts,
                       "input artifacts"));
        CHECK_OK(merge(component.OutputArtifacts, in.OutputArtifacts, in.OutputArtifactsToRemove, most_artifacts,
                       "output artifacts"));
        component.LastModifiedBy = user_of(call);
        set_component(stored, component);
        return {};
      }));
  return UpdateTrialComponentOutput{.TrialComponentArn = record.arn};
}

Outcome<DeleteTrialComponentOutput> delete_trial_component(Context& call, const DeleteTrialComponentInput& in) {
  auto without_trials = [](meta::Session& session, const meta::Record& component) -> Outcome<void> {
    TRY(bool has, meta::has_sources(session, component_link, component.id));
    if (has) return still_linked(component, "trials");
    return {};
  };
  TRY(auto record, erase_tracked(call, trial_component_kind, in.TrialComponentName, without_trials));
  return DeleteTrialComponentOutput{.TrialComponentArn = record.arn};
}

// Both may come again without harm: what is to hold already holds.
Outcome<AssociateTrialComponentOutput> associate_trial_component(Context& call,
                                                                 const AssociateTrialComponentInput& in) {
  return call.store.write([&](meta::Session& session) -> Outcome<AssociateTrialComponentOutput> {
    TRY(auto trial, find_tracked(session, trial_kind, call.scope, in.TrialName));
    TRY(auto component, find_tracked(session, trial_component_kind, call.scope, in.TrialComponentName));
    CHECK_OK(meta::link(session, component_link, trial.id, component.id));
    return AssociateTrialComponentOutput{.TrialComponentArn = component.arn, .TrialArn = trial.arn};
  });
}

Outcome<DisassociateTrialComponentOutput> disassociate_trial_component(Context& call,
                                                                       const DisassociateTrialComponentInput& in) {
  return call.store.write([&](meta::Session& session) -> Outcome<DisassociateTrialComponentOutput> {
    TRY(auto trial, find_tracked(session, trial_kind, call.scope, in.TrialName));
    TRY(auto component, find_tracked(session, trial_component_kind, call.scope, in.TrialComponentName));
    CHECK_OK(meta::unlink(session, component_link, trial.id, component.id));
    return DisassociateTrialComponentOutput{.TrialComponentArn = component.arn, .TrialArn = trial.arn};
  });
}

}  // namespace clary::services::sagemaker
