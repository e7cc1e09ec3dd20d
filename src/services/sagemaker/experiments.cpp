#include "services/sagemaker/handlers.hpp"
#include "services/sagemaker/tracking.hpp"

namespace clary::services::sagemaker {

namespace {

Outcome<DescribeExperimentOutput> read_experiment(const meta::Record& record) {
  return read_tracked<&DescribeExperimentOutput::ExperimentArn, DescribeExperimentOutput>(
      DescribeExperimentResponse_shape, record);
}

std::string document_of(DescribeExperimentOutput experiment) {
  return tracked_document<&DescribeExperimentOutput::ExperimentArn>(DescribeExperimentResponse_shape,
                                                                    std::move(experiment));
}

}  // namespace

Outcome<CreateExperimentOutput> create_experiment(Context& call, const CreateExperimentInput& in) {
  DescribeExperimentOutput experiment;
  wire::project(DescribeExperimentResponse_shape, &experiment, CreateExperimentRequest_shape, &in);
  if (!experiment.DisplayName) experiment.DisplayName = in.ExperimentName;
  experiment.CreatedBy = experiment.LastModifiedBy = user_of(call);
  meta::Record record;
  record.kind = experiment_kind;
  record.name = in.ExperimentName;
  record.document = document_of(std::move(experiment));
  TRY(auto stored, create_tracked(call, std::move(record), in.Tags));
  return CreateExperimentOutput{.ExperimentArn = stored.arn};
}

Outcome<DescribeExperimentOutput> describe_experiment(Context& call, const DescribeExperimentInput& in) {
  TRY(auto record, find_tracked(call, experiment_kind, in.ExperimentName));
  return read_experiment(record);
}

Outcome<ListExperimentsOutput> list_experiments(Context& call, const ListExperimentsInput& in) {
  auto query = to_tracked_query(experiment_kind, call.scope, in);
  TRY(meta::Page page, call.store.read([&](meta::Session& session) { return meta::list(session, query); }));
  ListExperimentsOutput out;
  out.ExperimentSummaries.emplace();
  for (const meta::Record& record : page.records) {
    TRY(auto experiment, read_experiment(record));
    ExperimentSummary& summary = out.ExperimentSummaries->emplace_back();
    wire::project(ExperimentSummary_shape, &summary, DescribeExperimentResponse_shape, &experiment);
    summary.ExperimentSource = experiment.Source;
  }
  out.NextToken = next_token(page);
  return out;
}

Outcome<UpdateExperimentOutput> update_experiment(Context& call, const UpdateExperimentInput& in) {
  TRY(auto record, change_tracked(call, experiment_kind, in.ExperimentName, [&](meta::Record& stored) -> Outcome<void> {
        TRY(auto experiment, read_experiment(stored));
        if (in.DisplayName) experiment.DisplayName = in.DisplayName;
        if (in.Description) experiment.Description = in.Description;
        experiment.LastModifiedBy = user_of(call);
        stored.document = document_of(std::move(experiment));
        return {};
      }));
  return UpdateExperimentOutput{.ExperimentArn = record.arn};
}

Outcome<DeleteExperimentOutput> delete_experiment(Context& call, const DeleteExperimentInput& in) {
  auto without_trials = [](meta::Session& session, const meta::Record& experiment) -> Outcome<void> {
    meta::ListQuery query{
        .kind = std::string(trial_kind), .scope = experiment.scope, .parent = experiment.name, .limit = 1};
    TRY(meta::Page trials, meta::list(session, query));
    if (!trials.records.empty()) return still_linked(experiment, "trials");
    return {};
  };
  TRY(auto record, erase_tracked(call, experiment_kind, in.ExperimentName, without_trials));
  return DeleteExperimentOutput{.ExperimentArn = record.arn};
}

}  // namespace clary::services::sagemaker
