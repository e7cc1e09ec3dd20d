// All transform jobs: creates, finds and stops them. Owned by the composition root; shares the machine that drives them.
// Thread rule: any thread; calls return at once; callbacks run on the machine's threads and must be short. Invariant:
// the machine's: what is told is stored.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/outcome.hpp"
#include "jobs/transform_job.hpp"
#include "meta/records.hpp"

namespace clary::jobs {

class JobMachine;

inline constexpr std::string_view transform_kind = "transform-job";

class TransformJobs {
 public:
  explicit TransformJobs(std::shared_ptr<JobMachine> machine);  // before the machine's resume()
  ~TransformJobs();

  // Stores the job (already_exists: the name is taken) with its tags and starts it. `document` is kept as it is.
  Outcome<TransformJob> create(const Scope& scope, const std::string& name, const TransformSpec& spec,
                               std::string document, const std::vector<meta::Tag>& tags, Creator creator = {});
  Outcome<std::optional<TransformJob>> find(const Scope& scope, const std::string& name) const;
  Outcome<meta::Page> list(const meta::ListQuery& query) const;  // from_record() reads one
  static TransformJob from_record(const meta::Record& record);
  // Returns at once; the machine walks to Stopped. Outputs of files that are done stay.
  Outcome<void> stop(std::int64_t id);
  std::shared_ptr<void> when_finished(std::int64_t id, std::function<void()> callback);

 private:
  std::shared_ptr<JobMachine> machine_;
};

}  // namespace clary::jobs
