#include "services/sagemaker/job_components.hpp"

#include <algorithm>

#include "services/sagemaker/job_facts.hpp"
#include "services/sagemaker/retries.hpp"
#include "services/sagemaker/tracking.hpp"

namespace clary::services::sagemaker {

namespace {

UserContext user_of(const jobs::Job& job) {
  UserContext user;
  if (job.creator.arn.empty()) return user;
  user.IamIdentity.emplace();
  user.IamIdentity->Arn = job.creator.arn;
  user.IamIdentity->PrincipalId = job.creator.principal;
  return user;
}

void write_component(meta::Record& record, const DescribeTrialComponentOutput& component, Time now) {
  const std::string earlier = std::move(record.document);
  set_component(record, component);
  record.document = keep_invocation(earlier, std::move(record.document));
  record.modified = std::max(record.modified, now);
}

// --- where it belongs -------------------------------------------------------------------------------------------------

Outcome<meta::Record> make_trial(meta::Session& session, const jobs::Job& job, const std::string& name, const std::string& experiment) {
  DescribeTrialOutput trial;
  trial.TrialName = trial.DisplayName = name;
  trial.ExperimentName = experiment;
  trial.CreatedBy = trial.LastModifiedBy = user_of(job);
  meta::Record record;
  record.kind = trial_kind;
  record.scope = job.scope;
  record.name = name;
  record.arn = sagemaker_arn(job.scope, trial_kind, name);
  record.parent = experiment;
  record.created = record.modified = job.created;
  record.document = tracked_document<&DescribeTrialOutput::TrialArn>(DescribeTrialResponse_shape, std::move(trial));
  TRY(record.id, meta::insert(session, record));
  return record;
}

// The trial that the job goes into; none where its config names neither trial nor experiment.
Outcome<std::optional<meta::Record>> trial_of(meta::Session& session, const jobs::Job& job, const ExperimentConfig& config) {
  if (config.ExperimentName) CHECK_OK(find_tracked(session, experiment_kind, job.scope, *config.ExperimentName));
  if (config.TrialName) {
    TRY(auto trial, find_tracked(session, trial_kind, job.scope, *config.TrialName));
    if (config.ExperimentName && trial.parent != *config.ExperimentName)
      return validation("Trial '{}' is not associated with Experiment '{}'.", trial.arn,
                        sagemaker_arn(job.scope, experiment_kind, *config.ExperimentName));
    return std::optional(std::move(trial));
  }
  if (!config.ExperimentName) return std::optional<meta::Record>();
  const std::string name = job.name + "-aws-trial";
  TRY(auto earlier, meta::find(session, trial_kind, job.scope, name));
  if (earlier && earlier->parent == *config.ExperimentName) return earlier;
  if (earlier) return validation("Trial names must be unique within an AWS account and region. Trial with name ({}) already exists.", name);
  TRY(auto trial, make_trial(session, job, name, *config.ExperimentName));
  return std::optional(std::move(trial));
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// A run is a trial component too, named after its experiment and itself; the SDK sends that name, people the run's own.
Outcome<void> join_run(meta::Session& session, const JobOfExperiment& kind, const jobs::Job& job, const ExperimentConfig& config) {
  TRY(auto record, meta::find(session, trial_component_kind, job.scope, *config.RunName));
  if (!record && config.ExperimentName) {
    TRY(record, meta::find(session, trial_component_kind, job.scope, lower(*config.ExperimentName + "-" + *config.RunName)));
  }
  if (!record)
    return aws_error(ErrorKind::not_found, "ResourceNotFound", "Run '{}' does not exist.",
                     sagemaker_arn(job.scope, trial_component_kind, *config.RunName));
  TRY(auto run, read_component(*record));
  if (!run.Sources) run.Sources.emplace();
  run.Sources->push_back({.SourceArn = job.arn, .SourceType = std::string(kind.source_type)});
  write_component(*record, run, job.created);
  return meta::update(session, *record);
}

// --- the component ----------------------------------------------------------------------------------------------------

// What has changed of the job since `before`; all of it where that is null.
bool take_progress(DescribeTrialComponentOutput& component, const JobOfExperiment& kind, const jobs::Job* before, const jobs::Job& job) {
  bool changed = false;
  if (before == nullptr || before->status != job.status || kind.message(*before) != kind.message(job)) {
    component.Status = TrialComponentStatus{.PrimaryStatus = job.status, .Message = kind.message(job)};
    changed = true;
  }
  if (before == nullptr || before->started != job.started) {
    component.StartTime = job.started;
    changed = true;
  }
  if (before == nullptr || before->ended != job.ended) {
    component.EndTime = job.ended;
    changed = true;
  }
  if (!job.model_artifact.empty() && (before == nullptr || before->model_artifact != job.model_artifact)) {
    if (!component.OutputArtifacts) component.OutputArtifacts.emplace();
    (*component.OutputArtifacts)["SageMaker.ModelArtifact"] = {.Value = job.model_artifact};
    changed = true;
  }
  return changed;
}

// A name that is taken is that of an earlier job, since deleted: its component becomes this one's.
Outcome<meta::Record> put_component(meta::Session& session, const jobs::Job& job, const DescribeTrialComponentOutput& component) {
  TRY(auto earlier, meta::find(session, trial_component_kind, job.scope, *component.TrialComponentName));
  meta::Record record = earlier.value_or(meta::Record{});
  if (earlier) {
    write_component(record, component, job.created);
    CHECK_OK(meta::update(session, record));
    return record;
  }
  record.kind = trial_component_kind;
  record.scope = job.scope;
  record.name = *component.TrialComponentName;
  record.arn = sagemaker_arn(job.scope, trial_component_kind, record.name);
  record.created = job.created;
  write_component(record, component, job.created);
  TRY(record.id, meta::insert(session, record));
  return record;
}

Outcome<void> make_component(meta::Session& session, const JobOfExperiment& kind, const jobs::Job& job) {
  TRY(JobFacts facts, kind.facts(job.document));
  const ExperimentConfig config = facts.experiment.value_or(ExperimentConfig{});
  DescribeTrialComponentOutput component;
  component.TrialComponentName = component_of(kind, job.name);
  component.DisplayName = config.TrialComponentDisplayName.value_or(*component.TrialComponentName);
  component.Source = TrialComponentSource{.SourceArn = job.arn, .SourceType = std::string(kind.source_type)};
  component.CreatedBy = component.LastModifiedBy = user_of(job);
  component.Parameters = std::move(facts.parameters);
  component.InputArtifacts = std::move(facts.inputs);
  component.OutputArtifacts = std::move(facts.outputs);
  take_progress(component, kind, nullptr, job);
  TRY(auto trial, trial_of(session, job, config));
  TRY(auto record, put_component(session, job, component));
  if (trial) {
    auto linked = meta::link(session, component_link, trial->id, record.id);
    if (!linked) return std::move(linked).error();
  }
  if (config.RunName) return join_run(session, kind, job, config);
  return {};
}

// One that a user has deleted stays so.
Outcome<void> change_component(meta::Session& session, const JobOfExperiment& kind, const jobs::Job& before, const jobs::Job& job) {
  DescribeTrialComponentOutput nothing;
  if (!take_progress(nothing, kind, &before, job)) return {};
  TRY(auto record, meta::find(session, trial_component_kind, job.scope, component_of(kind, job.name)));
  if (!record) return {};
  TRY(auto component, read_component(*record));
  take_progress(component, kind, &before, job);
  write_component(*record, component, job.modified);
  return meta::update(session, *record);
}

}  // namespace

jobs::JobObserver job_components() {
  jobs::JobObserver observer;
  observer.changed = [](meta::Session& session, std::string_view kind, const jobs::Job* before, const jobs::Job& job) -> Outcome<void> {
    const JobOfExperiment* of = job_of_experiment(kind);
    if (of == nullptr) return {};
    return before == nullptr ? make_component(session, *of, job) : change_component(session, *of, *before, job);
  };
  return observer;
}

}  // namespace clary::services::sagemaker
