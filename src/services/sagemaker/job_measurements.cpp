#include "services/sagemaker/job_measurements.hpp"

#include "meta/data_points.hpp"
#include "meta/series.hpp"
#include "services/sagemaker/job_facts.hpp"
#include "services/sagemaker/tracking.hpp"

namespace clary::services::sagemaker {

namespace {

std::vector<meta::NamedPoints> by_name(std::span<const jobs::MeasuredPoint> points) {
  std::map<std::string_view, std::vector<meta::Point>> grouped;
  for (const jobs::MeasuredPoint& point : points) grouped[point.name].push_back({point.value, point.time, point.step});
  std::vector<meta::NamedPoints> series;
  for (auto& [name, of_series] : grouped) series.push_back({name, std::move(of_series)});
  return series;
}

// A line of a log says no step: there it is the point's place in its series, so that a chart by steps has an axis.
Outcome<void> count_steps(meta::Session& session, std::int64_t owner, meta::NamedPoints& series) {
  TRY(auto summary, meta::summary(session, owner, series.name));
  std::int64_t next = summary ? summary->count : 0;
  for (meta::Point& point : series.points) {
    if (!point.step) point.step = next;
    ++next;
  }
  return {};
}

Outcome<void> add_to_series(meta::Session& session, std::int64_t component, std::vector<meta::NamedPoints> series) {
  for (meta::NamedPoints& one : series) CHECK_OK(count_steps(session, component, one));
  // As with BatchPutMetrics, what a job says beyond so many metrics is not kept.
  auto refused = meta::append(session, component, series, meta::most_metrics);
  if (!refused) return std::move(refused).error();
  return {};
}

// Where the SDK's TrainingJobAnalytics looks. As at AWS what the log says alone stands there, not what a metrics file does.
Outcome<void> add_to_cloudwatch(meta::Session& session, const jobs::Job& job, std::span<const jobs::MeasuredPoint> points) {
  std::map<std::string_view, std::vector<meta::Measured>> values;
  for (const jobs::MeasuredPoint& point : points) {
    if (point.from_log) values[point.name].push_back({point.time, point.value});
  }
  for (const auto& [name, of_metric] : values) {
    const meta::MetricId metric{"/aws/sagemaker/TrainingJobs", std::string(name), {{"TrainingJobName", job.name}}};
    CHECK_OK(meta::put(session, job.scope, metric, meta::by_minute(of_metric)));
  }
  return {};
}

}  // namespace

jobs::JobObserver job_measurements() {
  jobs::JobObserver observer;
  observer.measured = [](meta::Session& session, std::string_view kind, const jobs::Job& job,
                         std::span<const jobs::MeasuredPoint> points) -> Outcome<void> {
    const JobOfExperiment* of = job_of_experiment(kind);
    if (of == nullptr) return {};
    if (kind == jobs::training_kind) CHECK_OK(add_to_cloudwatch(session, job, points));
    TRY(auto component, meta::find(session, trial_component_kind, job.scope, component_of(*of, job.name)));
    if (!component) return {};  // a user has deleted it
    return add_to_series(session, component->id, by_name(points));
  };
  return observer;
}

}  // namespace clary::services::sagemaker
