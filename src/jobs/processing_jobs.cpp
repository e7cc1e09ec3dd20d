#include "jobs/processing_jobs.hpp"

#include "jobs/job_machine.hpp"
#include "jobs/processing_task.hpp"

namespace clary::jobs {

ProcessingJobs::ProcessingJobs(std::shared_ptr<JobMachine> machine) : machine_(std::move(machine)) {
  machine_->add_kind(processing_job_kind);
}

ProcessingJobs::~ProcessingJobs() = default;

Outcome<ProcessingJob> ProcessingJobs::create(const Scope& scope, const std::string& name, const ProcessingSpec& spec,
                                              std::string document, const std::vector<meta::Tag>& tags,
                                              Creator creator) {
  CHECK_OK(check_processing_spec(spec));
  return machine_->create(scope, name, make_processing_task(machine_->parts(), spec), std::move(document), tags,
                          std::move(creator));
}

Outcome<std::optional<ProcessingJob>> ProcessingJobs::find(const Scope& scope, const std::string& name) const {
  return machine_->find(processing_job_kind, scope, name);
}

Outcome<meta::Page> ProcessingJobs::list(const meta::ListQuery& query) const {
  return machine_->list(processing_job_kind, query);
}

ProcessingJob ProcessingJobs::from_record(const meta::Record& record) {
  return JobMachine::from_record(record);
}

Outcome<void> ProcessingJobs::stop(std::int64_t id) {
  return machine_->stop(processing_job_kind, id);
}

Outcome<void> ProcessingJobs::erase(const ProcessingJob& job) {
  return machine_->parts().store->write([&](meta::Session& session) -> Outcome<void> {
    TRY(auto record, meta::find_by_id(session, job.id));
    if (!record || record->kind != processing_job_kind.record)
      return make_error(ErrorKind::not_found, "Requested resource not found.");
    if (record->status == "InProgress" || record->status == "Stopping") {
      return make_error(ErrorKind::in_use,
                        "The processing job {} is in status {} and cannot be deleted; only one that has ended can.",
                        job.name, record->status);
    }
    auto erased = meta::erase(session, job.id);
    if (!erased) return std::move(erased).error();
    return {};
  });
}

std::shared_ptr<void> ProcessingJobs::when_finished(std::int64_t id, std::function<void()> callback) {
  return machine_->when_finished(id, std::move(callback));
}

}  // namespace clary::jobs
