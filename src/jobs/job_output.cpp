// What the hosts of a job tell while they work: the lines of their output, and their companions' notes.
#include "jobs/job_machine.hpp"
#include "jobs/log.hpp"

namespace clary::jobs {

void JobMachine::work_done(const RunPtr& run, std::size_t index) {
  HostRun& host = run->hosts[index];
  if (closing_) return;  // it was the server's end that ended the work: the next one goes on with this worker
  if (run->step == Run::Step::working) host.stop(parts_.peer_grace);
}

void JobMachine::accompany(Run& run, std::size_t index) {
  const JobState state = run.snapshot();
  HostNotes notes;
  notes.progress = state.hosts.at(index).progress;
  // A companion is gone before its run is.
  notes.keep = [this, &run, index](std::string progress, const std::vector<std::string>& lines,
                                   const std::vector<std::string>& data_lines) {
    return keep_notes(run, index, progress, lines, data_lines);
  };
  run.hosts[index].companion = run.task->accompany(state.job, run.hosts[index].host, std::move(notes));
}

bool JobMachine::keep_notes(Run& run, std::size_t index, const std::string& progress,
                            const std::vector<std::string>& lines, const std::vector<std::string>& data_lines) {
  const auto at = now();
  auto events_of = [&](const std::vector<std::string>& texts) {
    std::vector<meta::LogEvent> events;
    for (const auto& text : texts) events.push_back({at.millis(), at.millis(), text});
    return events;
  };
  const auto data_events = events_of(data_lines), events = events_of(lines);
  auto try_once = [&]() -> Outcome<void> {
    std::lock_guard lock(run.mutex);
    JobState next = run.state;
    next.hosts.at(index).progress = progress;
    const meta::Record record = to_record(next, run.kind.record);
    const std::string& stream = next.hosts.at(index).log_stream;
    CHECK_OK(parts_.store->write([&](meta::Session& session) -> Outcome<void> {
      CHECK_OK(meta::update(session, record));
      if (!events.empty()) CHECK_OK(parts_.logs.append(session, next.job.scope, run.kind.log_group, stream, events));
      if (data_events.empty()) return {};
      return parts_.logs.append(session, next.job.scope, run.kind.log_group, stream + "/data-log", data_events);
    }));
    run.state = std::move(next);
    return {};
  };
  while (!closing_) {
    auto stored = try_once();
    if (stored) return passed("progress");
    if (stored.error().kind == ErrorKind::not_found) return false;
    log_.error("the progress of {} {} cannot be stored, trying again: {} {}", run.kind.noun, run.id,
               stored.error().message, stored.error().detail);
    pause(std::chrono::milliseconds(500));
  }
  return false;
}

void JobMachine::follow(const RunPtr& run, std::size_t index) {
  HostRun& host = run->hosts[index];
  const JobState state = run->snapshot();
  const auto offset = state.hosts.at(index).output_offset;
  HostUse use{state.job.scope, std::string(run->kind.log_group), state.job.name, host.host.name()};
  use.share = run->share;
  use.disk = static_cast<std::uint64_t>(run->demand.volume_gb) << 30;
  host_uses_.add(std::move(use), host.worker);
  host.follower = workers::OutputFollower::start(
      host.worker->output_path(), offset,
      [this, weak = std::weak_ptr<Run>(run), index](std::vector<workers::Line> lines, std::uint64_t offset) {
        auto run = weak.lock();
        return !run || take_output(*run, index, lines, offset);
      });
}

bool JobMachine::take_output(Run& run, std::size_t index, const std::vector<workers::Line>& lines,
                             std::uint64_t offset) {
  while (true) {
    auto stored = try_take_output(run, index, lines, offset);
    if (stored || stored.error().kind == ErrorKind::not_found) return true;
    // The next server takes the output up again from the offset that is stored.
    if (closing_) return false;
    log_.error("output of {} {} cannot be stored, trying again: {} {}", run.kind.noun, run.id, stored.error().message,
               stored.error().detail);
    pause(std::chrono::milliseconds(500));
  }
}

Outcome<void> JobMachine::try_take_output(Run& run, std::size_t index, const std::vector<workers::Line>& lines,
                                          std::uint64_t offset) {
  std::lock_guard lock(run.mutex);
  JobState next = run.state;
  std::vector<meta::LogEvent> events;
  std::vector<MeasuredPoint> points;
  events.reserve(lines.size());
  const auto ingestion = now().millis();
  for (const auto& line : lines) {
    run.scraper.scan(line.text, line.time, points);
    events.push_back({line.time.millis(), ingestion, line.text});
  }
  next.hosts.at(index).output_offset = offset;
  if (!run.scraper.empty()) next.job.final_metrics = run.scraper.last();
  CHECK_OK(store(run, next, index, events, points));
  run.state = std::move(next);
  return {};
}

}  // namespace clary::jobs
