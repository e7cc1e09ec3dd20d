#include "services/sagemaker/search_records.hpp"

#include <algorithm>

#include "services/sagemaker/describe.hpp"
#include "services/sagemaker/search_values.hpp"
#include "services/sagemaker/tracking.hpp"

namespace clary::services::sagemaker {

namespace {

Outcome<std::optional<std::vector<Tag>>> tags_of(meta::Session& session, const std::string& arn) {
  TRY(auto stored, meta::tags_of(session, arn));
  std::optional<std::vector<Tag>> tags;
  for (const meta::Tag& tag : stored) {
    if (!tags) tags.emplace();
    tags->push_back({tag.key, tag.value});
  }
  return tags;
}

// A job as it stands in a SearchRecord: what its Describe answers, and its tags.
template <typename Found, typename Described>
Outcome<Found> with_tags(meta::Session& session, const meta::Record& record, const wire::Shape& shape, const wire::Shape& described_shape,
                         const Described& described) {
  Found found;
  wire::project(shape, &found, described_shape, &described);
  TRY(found.Tags, tags_of(session, record.arn));
  return found;
}

Outcome<TrainingJob> read_training_job(meta::Session& session, const meta::Record& record) {
  TRY(auto described, described_training_job(jobs::TrainingJobs::from_record(record)));
  return with_tags<TrainingJob>(session, record, TrainingJob_shape, DescribeTrainingJobResponse_shape, described);
}

Outcome<ProcessingJob> read_processing_job(meta::Session& session, const meta::Record& record) {
  TRY(auto described, described_processing_job(jobs::ProcessingJobs::from_record(record)));
  return with_tags<ProcessingJob>(session, record, ProcessingJob_shape, DescribeProcessingJobResponse_shape, described);
}

Outcome<TransformJob> read_transform_job(meta::Session& session, const meta::Record& record) {
  TRY(auto described, described_transform_job(jobs::TransformJobs::from_record(record)));
  return with_tags<TransformJob>(session, record, TransformJob_shape, DescribeTransformJobResponse_shape, described);
}

Outcome<std::optional<TrialComponentSourceDetail>> source_detail(meta::Session& session, const std::string& arn) {
  TRY(auto job, meta::find_by_arn(session, arn));
  if (!job) return std::nullopt;
  TrialComponentSourceDetail detail{.SourceArn = arn};
  if (job->kind == jobs::training_kind) {
    TRY(detail.TrainingJob, read_training_job(session, *job));
  } else if (job->kind == jobs::processing_kind) {
    TRY(detail.ProcessingJob, read_processing_job(session, *job));
  } else if (job->kind == jobs::transform_kind) {
    TRY(detail.TransformJob, read_transform_job(session, *job));
  } else {
    return std::nullopt;
  }
  return detail;
}

Outcome<SearchRecord> find_experiment(meta::Session& session, const meta::Record& record, Purpose) {
  TRY(auto experiment, read_tracked<&Experiment::ExperimentArn, Experiment>(Experiment_shape, record));
  TRY(experiment.Tags, tags_of(session, record.arn));
  return SearchRecord{.Experiment = std::move(experiment)};
}

Outcome<std::vector<TrialComponentSimpleSummary>> summaries_of(meta::Session& session, const meta::Record& trial) {
  std::vector<TrialComponentSimpleSummary> summaries;
  meta::ListQuery query{.kind = std::string(trial_component_kind), .scope = trial.scope, .limit = 10'000};
  const meta::LinkFilter links{.kind = std::string(component_link), .source = trial.id};
  do {
    TRY(meta::Page page, meta::list_linked(session, query, links));
    for (const meta::Record& component : page.records) {
      TRY(auto described, wire::from_document<TrialComponent>(TrialComponent_shape, component.document));
      summaries.push_back({.TrialComponentName = component.name,
                           .TrialComponentArn = component.arn,
                           .TrialComponentSource = std::move(described.Source),
                           .CreationTime = component.created,
                           .CreatedBy = std::move(described.CreatedBy)});
    }
    query.after = page.next;
  } while (!query.after.empty());
  return summaries;
}

Outcome<SearchRecord> find_trial(meta::Session& session, const meta::Record& record, Purpose purpose) {
  TRY(auto trial, read_tracked<&Trial::TrialArn, Trial>(Trial_shape, record));
  TRY(trial.Tags, tags_of(session, record.arn));
  if (purpose == Purpose::answer) {
    TRY(trial.TrialComponentSummaries, summaries_of(session, record));
  }
  return SearchRecord{.Trial = std::move(trial)};
}

Outcome<SearchRecord> find_trial_component(meta::Session& session, const meta::Record& record, Purpose) {
  TRY(auto component, read_tracked<&TrialComponent::TrialComponentArn, TrialComponent>(TrialComponent_shape, record));
  // Clients go through these without asking whether they are there.
  if (!component.Parameters) component.Parameters.emplace();
  if (!component.InputArtifacts) component.InputArtifacts.emplace();
  if (!component.OutputArtifacts) component.OutputArtifacts.emplace();
  TRY(auto series, meta::summaries(session, record.id));
  component.Metrics = to_metric_summaries(series, record.parent.empty() ? record.arn : record.parent);
  component.Parents.emplace();
  TRY(auto trials, meta::sources_of(session, component_link, record.id));
  for (const meta::LinkSource& trial : trials) component.Parents->push_back({trial.name, trial.parent});
  TRY(component.Tags, tags_of(session, record.arn));
  if (component.Source && component.Source->SourceArn) {
    TRY(component.SourceDetail, source_detail(session, *component.Source->SourceArn));
  }
  return SearchRecord{.TrialComponent = std::move(component)};
}

Outcome<SearchRecord> find_training_job(meta::Session& session, const meta::Record& record, Purpose) {
  TRY(auto job, read_training_job(session, record));
  return SearchRecord{.TrainingJob = std::move(job)};
}

Outcome<SearchRecord> find_endpoint(meta::Session& session, const meta::Record& record, Purpose) {
  const DescribeEndpointOutput described = described_endpoint(serving::Endpoints::from_record(record));
  Endpoint endpoint;
  wire::project(Endpoint_shape, &endpoint, DescribeEndpointOutput_shape, &described);
  TRY(endpoint.Tags, tags_of(session, record.arn));
  return SearchRecord{.Endpoint = std::move(endpoint)};
}

Outcome<SearchRecord> find_model(meta::Session& session, const meta::Record& record, Purpose) {
  TRY(auto described, described_model(record));
  Model model;
  wire::project(Model_shape, &model, DescribeModelOutput_shape, &described);
  TRY(model.Tags, tags_of(session, record.arn));
  return SearchRecord{.Model = ModelDashboardModel{.Model = std::move(model)}};
}

constexpr Searched types[] = {
    {"Endpoint", serving::endpoint_kind, "Endpoint", find_endpoint},
    {"Experiment", experiment_kind, "Experiment", find_experiment},
    {"ExperimentTrial", trial_kind, "Trial", find_trial},
    {"ExperimentTrialComponent", trial_component_kind, "TrialComponent", find_trial_component},
    {"Model", model_kind, "Model", find_model},
    {"TrainingJob", jobs::training_kind, "TrainingJob", find_training_job},
};

bool is_source_of_components(std::string_view kind) {
  return kind == jobs::training_kind || kind == jobs::processing_kind || kind == jobs::transform_kind;
}

// The trial components that tell of this job.
Outcome<std::vector<std::int64_t>> components_of(meta::Session& session, const meta::Record& job) {
  std::vector<std::int64_t> ids;
  TRY(meta::Page page, meta::list(session, {.kind = std::string(trial_component_kind), .scope = job.scope, .parent = job.arn, .limit = 1000}));
  for (const meta::Record& component : page.records) ids.push_back(component.id);
  return ids;
}

}  // namespace

const wire::Shape& Searched::shape() const { return *SearchRecord_shape.find(member)->shape; }

std::span<const Searched> searched_types() { return types; }

const Searched* find_searched(std::string_view resource) {
  const auto* found = std::find_if(std::begin(types), std::end(types), [&](const Searched& type) { return type.resource == resource; });
  return found == std::end(types) ? nullptr : found;
}

Outcome<search::Reading> read_for_index(meta::Session& session, std::int64_t id) {
  search::Reading reading;
  TRY(auto record, meta::find_by_id(session, id));
  if (!record) return reading;
  if (is_source_of_components(record->kind)) {
    TRY(reading.others, components_of(session, *record));
  }
  const auto* type = std::find_if(std::begin(types), std::end(types), [&](const Searched& one) { return one.kind == record->kind; });
  if (type == std::end(types)) return reading;
  TRY(SearchRecord found, type->read(session, *record, Purpose::index));
  reading.row = search::Row{std::string(type->resource), record->scope, {}};
  const wire::Field& member = *SearchRecord_shape.find(type->member);
  add_values(*member.shape, wire::get(member, &found), reading.row->values);
  return reading;
}

}  // namespace clary::services::sagemaker
