// All training jobs: creates, finds, stops and, with a JobMachine, drives them. Owned by the composition root. Thread
// rule: any thread; calls return at once (the machine walks on its own threads); callbacks run on the machine's threads
// and must be short. Invariant: every step that the machine takes is stored before it is told to anyone, so that
// resume() after a crash goes on from the truth: a job is re-attached where its worker lives, finished where it ended
// meanwhile, and Failed with a reason where neither can be known.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "jobs/job_parts.hpp"
#include "jobs/training_job.hpp"
#include "meta/records.hpp"

namespace clary::jobs {

class JobMachine;

inline constexpr std::string_view training_kind = "training-job";

class TrainingJobs {
 public:
  explicit TrainingJobs(std::shared_ptr<JobMachine> machine);
  explicit TrainingJobs(JobParts parts);  // with a machine of its own
  ~TrainingJobs();                        // lets go of the workers; they live on
  // JobMachine::resume().
  Outcome<void> resume();

  // Stores the job (already_exists: the name is taken) with its tags and starts it. `document` is kept as it is.
  Outcome<TrainingJob> create(const Scope& scope, const std::string& name, const TrainingSpec& spec,
                              std::string document, const std::vector<meta::Tag>& tags,
                              Creator creator = {});
  // The definitions that AWS adds to a request without any: those of an image that is an algorithm of its own.
  std::vector<MetricDefinition> shown_definitions(const std::string& image) const;
  Outcome<std::optional<TrainingJob>> find(const Scope& scope, const std::string& name) const;
  Outcome<meta::Page> list(const meta::ListQuery& query) const;  // records; from_record() reads one
  static TrainingJob from_record(const meta::Record& record);
  // Returns at once; the machine walks to Stopped (SIGTERM, 120 s as AWS grants, SIGKILL; what stands in /opt/ml/model
  // is uploaded).
  Outcome<void> stop(std::int64_t id);
  // Calls back once when the job has finished (at once when it has). The returned handle forgets the callback when it
  // is destroyed.
  std::shared_ptr<void> when_finished(std::int64_t id, std::function<void()> callback);

 private:
  std::shared_ptr<JobMachine> machine_;
};

}  // namespace clary::jobs
