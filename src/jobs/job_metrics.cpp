// The metrics files of a job's hosts, on their way to the observers.
#include "jobs/job_machine.hpp"
#include "jobs/log.hpp"

namespace clary::jobs {

void JobMachine::watch_metric_files(const RunPtr& run) {
  std::weak_ptr<Run> weak = run;
  run->metric_files = alarm_.after(parts_.metric_files_pause, [this, weak] {
    post(weak, [this](const RunPtr& run) {
      if (run->step != Run::Step::working) return;
      if (take_metric_files(*run, false)) watch_metric_files(run);
    });
  });
}

bool JobMachine::take_metric_files(Run& run, bool ended) {
  for (std::size_t i = 0; i < run.hosts.size(); ++i) {
    while (true) {
      if (closing_) return false;
      auto more = try_take_metric_files(run, i, ended);
      if (more && *more) continue;
      if (more || more.error().kind == ErrorKind::not_found) break;
      // What was read and not stored is read again: at the next look, or, where there is none, here.
      log_.error("metrics files of {} {}: {} {}", run.kind.noun, run.id, more.error().message, more.error().detail);
      if (!ended) break;
      pause(std::chrono::milliseconds(500));
    }
  }
  return true;
}

Outcome<bool> JobMachine::try_take_metric_files(Run& run, std::size_t index, bool ended) {
  std::lock_guard lock(run.mutex);
  FileOffsets& offsets = run.state.hosts.at(index).metric_offsets;
  FileMetrics found = read_metric_files(run.hosts[index].host.ml, offsets, ended, now());
  if (found.offsets == offsets) return false;
  JobState next = run.state;
  next.hosts.at(index).metric_offsets = std::move(found.offsets);
  CHECK_OK(store(run, next, index, {}, found.points));
  run.state = std::move(next);
  return found.more;
}

}  // namespace clary::jobs
