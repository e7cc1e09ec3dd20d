#include "jobs/training_jobs.hpp"

#include "jobs/job_machine.hpp"
#include "jobs/training_task.hpp"

namespace clary::jobs {

TrainingJobs::TrainingJobs(std::shared_ptr<JobMachine> machine) : machine_(std::move(machine)) {
  machine_->add_kind(training_job_kind);
}

TrainingJobs::TrainingJobs(JobParts parts) : TrainingJobs(std::make_shared<JobMachine>(std::move(parts))) {}

TrainingJobs::~TrainingJobs() = default;

Outcome<void> TrainingJobs::resume() {
  return machine_->resume();
}

Outcome<TrainingJob> TrainingJobs::create(const Scope& scope, const std::string& name, const TrainingSpec& spec,
                                          std::string document, const std::vector<meta::Tag>& tags,
                                          Creator creator) {
  return machine_->create(scope, name, make_training_task(machine_->parts(), spec), std::move(document), tags,
                          std::move(creator));
}

std::vector<MetricDefinition> TrainingJobs::shown_definitions(const std::string& image) const {
  std::vector<MetricDefinition> definitions;
  const auto version = machine_->parts().catalogue.match(image);
  if (!version || !version->shows_metrics) return definitions;
  for (const auto& metric : version->metrics) definitions.push_back({metric.name, metric.regex});
  return definitions;
}

Outcome<std::optional<TrainingJob>> TrainingJobs::find(const Scope& scope, const std::string& name) const {
  return machine_->find(training_job_kind, scope, name);
}

Outcome<meta::Page> TrainingJobs::list(const meta::ListQuery& query) const {
  return machine_->list(training_job_kind, query);
}

TrainingJob TrainingJobs::from_record(const meta::Record& record) {
  return JobMachine::from_record(record);
}

Outcome<void> TrainingJobs::stop(std::int64_t id) {
  return machine_->stop(training_job_kind, id);
}

std::shared_ptr<void> TrainingJobs::when_finished(std::int64_t id, std::function<void()> callback) {
  return machine_->when_finished(id, std::move(callback));
}

}  // namespace clary::jobs
