#include "services/sagemaker/handlers.hpp"
#include "services/sagemaker/tracking.hpp"

namespace clary::services::sagemaker {

namespace {

Outcome<DescribeTrialOutput> read_trial(const meta::Record& record) {
  return read_tracked<&DescribeTrialOutput::TrialArn, DescribeTrialOutput>(DescribeTrialResponse_shape, record);
}

std::string document_of(DescribeTrialOutput trial) {
  return tracked_document<&DescribeTrialOutput::TrialArn>(DescribeTrialResponse_shape, std::move(trial));
}

}  // namespace

Outcome<CreateTrialOutput> create_trial(Context& call, const CreateTrialInput& in) {
  DescribeTrialOutput trial;
  wire::project(DescribeTrialResponse_shape, &trial, CreateTrialRequest_shape, &in);
  if (!trial.DisplayName) trial.DisplayName = in.TrialName;
  trial.CreatedBy = trial.LastModifiedBy = user_of(call);
  meta::Record record;
  record.kind = trial_kind;
  record.name = in.TrialName;
  record.parent = in.ExperimentName;
  record.document = document_of(std::move(trial));
  auto with_experiment = [](meta::Session& session, const meta::Record& made) -> Outcome<void> {
    CHECK_OK(find_tracked(session, experiment_kind, made.scope, made.parent));
    return {};
  };
  TRY(auto stored, create_tracked(call, std::move(record), in.Tags, with_experiment));
  return CreateTrialOutput{.TrialArn = stored.arn};
}

Outcome<DescribeTrialOutput> describe_trial(Context& call, const DescribeTrialInput& in) {
  TRY(auto record, find_tracked(call, trial_kind, in.TrialName));
  return read_trial(record);
}

Outcome<ListTrialsOutput> list_trials(Context& call, const ListTrialsInput& in) {
  auto query = to_tracked_query(trial_kind, call.scope, in);
  query.parent = in.ExperimentName;
  TRY(meta::Page page, call.store.read([&](meta::Session& session) -> Outcome<meta::Page> {
    if (in.ExperimentName) CHECK_OK(find_tracked(session, experiment_kind, call.scope, *in.ExperimentName));
    meta::LinkFilter links{.kind = std::string(component_link)};
    if (in.TrialComponentName) {
      TRY(auto component, find_tracked(session, trial_component_kind, call.scope, *in.TrialComponentName));
      links.target = component.id;
    }
    return meta::list_linked(session, query, links);
  }));
  ListTrialsOutput out;
  out.TrialSummaries.emplace();
  for (const meta::Record& record : page.records) {
    TRY(auto trial, read_trial(record));
    TrialSummary& summary = out.TrialSummaries->emplace_back();
    wire::project(TrialSummary_shape, &summary, DescribeTrialResponse_shape, &trial);
    summary.TrialSource = trial.Source;
  }
  out.NextToken = next_token(page);
  return out;
}

Outcome<UpdateTrialOutput> update_trial(Context& call, const UpdateTrialInput& in) {
  TRY(auto record, change_tracked(call, trial_kind, in.TrialName, [&](meta::Record& stored) -> Outcome<void> {
        TRY(auto trial, read_trial(stored));
        if (in.DisplayName) trial.DisplayName = in.DisplayName;
        trial.LastModifiedBy = user_of(call);
        stored.document = document_of(std::move(trial));
        return {};
      }));
  return UpdateTrialOutput{.TrialArn = record.arn};
}

Outcome<DeleteTrialOutput> delete_trial(Context& call, const DeleteTrialInput& in) {
  auto without_components = [](meta::Session& session, const meta::Record& trial) -> Outcome<void> {
    TRY(bool has, meta::has_targets(session, component_link, trial.id));
    if (has) return still_linked(trial, "trial components");
    return {};
  };
  TRY(auto record, erase_tracked(call, trial_kind, in.TrialName, without_components));
  return DeleteTrialOutput{.TrialArn = record.arn};
}

}  // namespace clary::services::sagemaker
