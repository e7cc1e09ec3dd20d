// The state machine of jobs of all kinds: Starting (environment, slots) -> Downloading -> at work on every host ->
// Uploading -> an end. Owned by the composition root, shared by the kinds' own classes (TrainingJobs, ProcessingJobs),
// which turn specs into tasks and speak for their records. Thread rule: public calls from any thread. A job's steps run
// on its Serial, one at a time, on the control threads; what takes long runs on other threads and posts its result back:
// downloads on the intake threads, so that they keep no other job from its end, and uploads, starting and removing
// workers on the transfer threads. Each step is begun by an
// event; only a change that cannot be stored is tried again after a pause. Invariant: a change is in the store before the next step is taken and before anyone is told.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "jobs/alarm.hpp"
#include "jobs/host_uses.hpp"
#include "jobs/job_kind.hpp"
#include "jobs/job_run.hpp"
#include "jobs/watchers.hpp"
#include "jobs/work_pool.hpp"

namespace clary::jobs {

// How lines of the server's own begin, among the script's.
inline constexpr std::string_view own_line = "Clary: ";

class JobMachine {
 public:
  explicit JobMachine(JobParts given);
  ~JobMachine();  // lets go of the workers; they live on

  // A kind whose jobs it drives; before resume(). It outlives the machine.
  void add_kind(const JobKind& kind) { kinds_.push_back(&kind); }
  // Picks up every job that an earlier server left unfinished. Called once, before the listener opens.
  Outcome<void> resume();

  // Stores a job (already_exists: the name is taken) with its tags and starts it. `document` is kept as it is.
  Outcome<Job> create(const Scope& scope, const std::string& name, std::shared_ptr<const Task> task,
                      std::string document, const std::vector<meta::Tag>& tags, Creator creator = {});
  Outcome<std::optional<Job>> find(const JobKind& kind, const Scope& scope, const std::string& name) const;
  Outcome<meta::Page> list(const JobKind& kind, meta::ListQuery query) const;
  static Job from_record(const meta::Record& record);
  // Returns at once; the machine walks to Stopped (SIGTERM, the grace, SIGKILL; what the hosts left is uploaded).
  Outcome<void> stop(const JobKind& kind, std::int64_t id);
  // Calls back once when the job has finished (at once when it has). The returned handle forgets the callback when it
  // is destroyed.
  std::shared_ptr<void> when_finished(std::int64_t id, std::function<void()> callback);
  const JobParts& parts() const { return parts_; }
  // Of the hosts that work. Any thread.
  std::vector<HostUse> host_uses() { return host_uses_.look(); }

 private:
  // Starting (job_start.cpp).
  void begin(const RunPtr& run);
  void environment_news(const RunPtr& run, const runtimes::Version& version);
  void environment_ready(const RunPtr& run, Outcome<runtimes::Environment> made);
  void slot_granted(const RunPtr& run);
  Outcome<void> prepare(Run& run, std::size_t index);
  void prepared(const RunPtr& run, Outcome<void> done);
  void launch(const RunPtr& run);
  Outcome<void> start_workers(Run& run);
  void started(const RunPtr& run, Outcome<void> done);
  // Running (job_machine.cpp): goes on with workers that run, or ran: just started, or of an earlier server's.
  void watch(const RunPtr& run);
  void arm_deadline(const RunPtr& run);
  // What it tells (job_output.cpp).
  void follow(const RunPtr& run, std::size_t index);
  bool take_output(Run& run, std::size_t index, const std::vector<workers::Line>& lines, std::uint64_t offset);
  Outcome<void> try_take_output(Run& run, std::size_t index, const std::vector<workers::Line>& lines,
                                std::uint64_t offset);
  void accompany(Run& run, std::size_t index);
  bool keep_notes(Run& run, std::size_t index, const std::string& progress, const std::vector<std::string>& lines,
                  const std::vector<std::string>& data_lines);
  void work_done(const RunPtr& run, std::size_t index);
  // Its metrics files (job_metrics.cpp), on the Serial: now and then while it works, to their ends when it has ended.
  void watch_metric_files(const RunPtr& run);
  bool take_metric_files(Run& run, bool ended);
  Outcome<bool> try_take_metric_files(Run& run, std::size_t index, bool ended);

  // Ending (job_ending.cpp).
  void stop_workers(Run& run, std::chrono::milliseconds grace);
  void stop_asked(const RunPtr& run);
  void deadline_passed(const RunPtr& run);
  void exited(const RunPtr& run, std::size_t index, workers::Exit exit);
  void blame(const RunPtr& run);
  void all_exited(const RunPtr& run);
  void upload(const RunPtr& run);
  void uploaded(const RunPtr& run, Outcome<Leavings> left);
  void fail(const RunPtr& run, const std::string& reason);
  bool try_again(const RunPtr& run, const std::string& reason);
  void start_over(const RunPtr& run, const std::string& line);
  void finish(const RunPtr& run, Ending ending, const std::function<void(JobState&)>& with = {});
  void conclude(const RunPtr& run);
  void record_gone(Run& run);
  std::size_t cause_of_failure(Run& run) const;
  std::vector<std::string> last_lines(Run& run, std::size_t index) const;
  std::string why_failed(Run& run, std::size_t index, const workers::Exit& exit);
  std::string used(const HostRun& host) const;

  // Picking up (job_resume.cpp).
  void pick_up(const RunPtr& run);
  void pick_up_without_workers(const RunPtr& run, bool worked);
  void fail_unreadable(const JobKind& kind, const meta::Record& record, const Error& error);
  void clear_away(const JobKind& kind, const std::vector<std::int64_t>& unfinished);

  // Stores a change of the state, with log lines (in the first host's stream) in the same commit. Tried again until it
  // succeeds or the server ends; false: the server ends or the record is gone, and the caller does nothing more.
  bool change(Run& run, const std::function<void(JobState&)>& with, const std::vector<std::string>& lines = {});
  Outcome<void> try_change(Run& run, const std::function<void(JobState&)>& with, const std::vector<std::string>& lines);
  // `state` takes the place of the run's. Events are of that host, and so are the points.
  Outcome<void> store(const Run& run, const JobState& state, std::size_t index,
                      const std::vector<meta::LogEvent>& events, const std::vector<MeasuredPoint>& points = {});
  Outcome<void> tell_observers(meta::Session& session, const JobKind& kind, const Job* before, const Job& now,
                               const std::vector<MeasuredPoint>& points = {}) const;
  // Before something is tried again; ends at once when the machine does.
  void pause(std::chrono::milliseconds most);
  // Tells the tests where a job stands; false: it is to go no further.
  bool passed(std::string_view step);
  // Runs `step` on the run's Serial, unless the job is over or the machine is gone.
  static void post(const std::weak_ptr<Run>& run, std::function<void(const RunPtr&)> step);
  RunPtr add(JobState state, std::shared_ptr<const Task> task);
  RunPtr find_run(std::int64_t id);
  void make_hosts(Run& run) const;
  std::vector<std::string> workers_of(const Run& run) const;  // the ids of those that have a folder, of any attempt
  void remove_workers(const Run& run);
  Time now() const { return parts_.clock.now(); }

  JobParts parts_;
  std::vector<const JobKind*> kinds_;
  std::atomic<bool> closing_{false};
  std::mutex mutex_;  // guards runs_
  std::condition_variable closing_change_;
  std::map<std::int64_t, RunPtr> runs_;
  HostUses host_uses_;
  std::shared_mutex creating_;  // held, shared, from before a record is stored until its run is in `runs_`
  std::shared_ptr<Watchers> watchers_ = std::make_shared<Watchers>();
  std::shared_ptr<WorkPool> control_, intake_, transfer_;
  Alarm alarm_;
};

// Of each host, where `hosts` of them work side by side on the machine that the server runs on: hosts that together are
// more than it has get an equal part of it.
workers::Share part_of_host(workers::Share share, std::size_t hosts);
workers::Share of_all_hosts(const Run& run);
std::string capitalised(std::string_view text);

std::string worker_id(const JobKind& kind, std::int64_t job, std::int64_t attempt, std::size_t index);
// The job of this kind whose worker has this id; nothing when the id is of none.
std::optional<std::int64_t> job_of_worker(const JobKind& kind, std::string_view id);

}  // namespace clary::jobs
