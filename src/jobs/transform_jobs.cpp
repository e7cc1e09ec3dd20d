#include "jobs/transform_jobs.hpp"

#include "jobs/job_machine.hpp"
#include "jobs/transform_task.hpp"

namespace clary::jobs {

TransformJobs::TransformJobs(std::shared_ptr<JobMachine> machine) : machine_(std::move(machine)) {
  machine_->add_kind(transform_job_kind);
}

TransformJobs::~TransformJobs() = default;

Outcome<TransformJob> TransformJobs::create(const Scope& scope, const std::string& name, const TransformSpec& spec,
                                            std::string document, const std::vector<meta::Tag>& tags, Creator creator) {
  CHECK_OK(check_transform_spec(spec));
  return machine_->create(scope, name, make_transform_task(machine_->parts(), spec), std::move(document), tags, std::move(creator));
}

Outcome<std::optional<TransformJob>> TransformJobs::find(const Scope& scope, const std::string& name) const {
  return machine_->find(transform_job_kind, scope, name);
}

Outcome<meta::Page> TransformJobs::list(const meta::ListQuery& query) const {
  return machine_->list(transform_job_kind, query);
}

TransformJob TransformJobs::from_record(const meta::Record& record) {
  return JobMachine::from_record(record);
}

Outcome<void> TransformJobs::stop(std::int64_t id) {
  return machine_->stop(transform_job_kind, id);
}

std::shared_ptr<void> TransformJobs::when_finished(std::int64_t id, std::function<void()> callback) {
  return machine_->when_finished(id, std::move(callback));
}

}  // namespace clary::jobs
