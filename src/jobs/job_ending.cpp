// How a job ends: by itself, by a stop, by its time limit, or by an error.
#include "jobs/failure_reason.hpp"
#include "jobs/host_failure.hpp"
#include "jobs/job_machine.hpp"
#include "jobs/log.hpp"

namespace clary::jobs {

namespace {

void begin_to_stop(JobState& state, const JobKind& kind, Time now) {
  if (state.job.status != "InProgress") return;
  state.job.status = "Stopping";
  enter(state, "Stopping", fmt::format("Stopping the {}", kind.noun), now);
}

struct Last {
  std::string_view status, secondary;
  std::string message;
};
Last last_status(Ending ending, const JobKind& kind) {
  const std::string job = capitalised(kind.noun);
  switch (ending) {
    case Ending::completed: return {"Completed", "Completed", job + " completed"};
    case Ending::stopped: return {"Stopped", "Stopped", job + " stopped"};
    case Ending::max_runtime:
      return {"Stopped", "MaxRuntimeExceeded", job + " runtime exceeded MaxRuntimeInSeconds provided"};
    case Ending::failed:
    case Ending::none: break;
  }
  return {"Failed", "Failed", job + " failed"};
}

// "AlgorithmError: algo-2: ..."
std::string name_host(std::string_view reason, std::string_view host) {
  constexpr std::size_t longest = 1024;
  for (const std::string_view kind : {"AlgorithmError: ", "ClientError: ", "InternalServerError: "}) {
    if (reason.starts_with(kind)) {
      return shorten(fmt::format("{}{}: {}", kind, host, reason.substr(kind.size())), longest);
    }
  }
  return shorten(fmt::format("{}: {}", host, reason), longest);
}

std::vector<Host> hosts_of(const Run& run) {
  std::vector<Host> hosts;
  for (const auto& host : run.hosts) hosts.push_back(host.host);
  return hosts;
}

std::string mebibytes(std::uint64_t bytes) {
  return fmt::format("{:.0f} MiB", static_cast<double>(bytes) / (1 << 20));
}

}  // namespace

Outcome<void> JobMachine::stop(const JobKind& kind, std::int64_t id) {
  auto run = find_run(id);
  if (!run) {
    TRY(auto record, parts_.store->read([&](meta::Session& session) { return meta::find_by_id(session, id); }));
    if (!record || record->kind != kind.record)
      return make_error(ErrorKind::not_found, "Requested resource not found.");
    return {};
  }
  CHECK_OK(try_change(*run, [&](JobState& state) { begin_to_stop(state, run->kind, now()); }, {}));
  run->stop_asked = true;
  if (passed("stop")) post(run, [this](const RunPtr& run) { stop_asked(run); });
  return {};
}

void JobMachine::stop_workers(Run& run, std::chrono::milliseconds grace) {
  for (auto& host : run.hosts) {
    if (host.companion) host.companion->give_up(std::nullopt);
    // A worker that is only a tool has nothing to keep.
    const bool tool = host.companion && host.companion->verdict();
    host.stop(tool ? std::min(grace, parts_.peer_grace) : grace);
  }
}

void JobMachine::stop_asked(const RunPtr& run) {
  switch (run->step) {
    case Run::Step::environment:
    case Run::Step::slot: return finish(run, Ending::stopped);
    case Run::Step::working: return stop_workers(*run, parts_.stop_grace);
    case Run::Step::clearing:  // begin() sees the flag
    case Run::Step::inputs:    // and so does the download
    case Run::Step::outputs:   // what is uploading is all that a stop would leave
    case Run::Step::over: return;
  }
}

void JobMachine::deadline_passed(const RunPtr& run) {
  if (run->step == Run::Step::outputs || run->step == Run::Step::over) return;
  const bool stored = change(*run, [&](JobState& state) {
    if (state.job.status == "InProgress") state.ending = Ending::max_runtime;
    begin_to_stop(state, run->kind, now());
  });
  if (!stored) return;
  run->stop_asked = true;
  stop_asked(run);
}

std::vector<std::string> JobMachine::last_lines(Run& run, std::size_t index) const {
  const JobState state = run.snapshot();
  meta::LogStore::EventQuery query;
  query.limit = 60;
  auto page = parts_.logs.events(state.job.scope, run.kind.log_group, state.hosts.at(index).log_stream, query);
  std::vector<std::string> lines;
  if (!page) return lines;
  for (auto& event : page->events) {
    if (!event.message.starts_with(own_line)) lines.push_back(std::move(event.message));
  }
  return lines;
}

std::size_t JobMachine::cause_of_failure(Run& run) const {
  std::vector<HostFailure> failures;
  for (const std::size_t index : run.failed) {
    const auto exit = run.hosts[index].worker->exit();
    failures.push_back({index, exit.value_or(workers::Exit{}), last_lines(run, index)});
  }
  return cause_of(failures);
}

std::string JobMachine::why_failed(Run& run, std::size_t index, const workers::Exit& exit) {
  const JobState state = run.snapshot();
  FailureFacts facts;
  facts.exit = exit;
  facts.limits.memory = run.share.memory;
  facts.instance_type = run.demand.instance_type;
  facts.volume_gb = run.demand.volume_gb;
  facts.last_lines = last_lines(run, index);
  if (const auto& companion = run.hosts[index].companion) {
    if (auto verdict = companion->verdict(); verdict && !*verdict) facts.verdict = verdict->error();
  }
  const Host& host = run.hosts[index].host;
  const std::string reason = run.task->why_failed(host, std::move(facts));
  return run.hosts.size() == 1 ? reason : name_host(reason, host.name());
}

std::string JobMachine::used(const HostRun& host) const {
  const workers::Usage usage = host.worker->usage();
  if (usage.cpu_seconds == 0 && usage.peak_memory == 0) return "";
  std::string line =
      fmt::format("{}{} used {:.1f} s of CPU, at the most {} of memory, {} of disk", own_line, host.host.name(),
                  usage.cpu_seconds, mebibytes(usage.peak_memory), mebibytes(usage.disk));
  if (usage.peak_gpu_memory > 0) line += fmt::format(", {} of GPU memory", mebibytes(usage.peak_gpu_memory));
  return line;
}

void JobMachine::exited(const RunPtr& run, std::size_t index, workers::Exit exit) {
  if (run->step != Run::Step::working || run->hosts[index].over) return;
  run->hosts[index].over = true;
  bool well = exit.success();
  if (auto& companion = run->hosts[index].companion) {
    companion->give_up(exit);
    if (const auto verdict = companion->verdict()) well = verdict->ok();
  }
  if (!well) run->failed.push_back(index);
  const bool all_over =
      std::all_of(run->hosts.begin(), run->hosts.end(), [](const HostRun& host) { return host.over; });
  if (!all_over) {
    if (run->failed.empty() || run->settling || run->snapshot().failed_host) return;
    std::weak_ptr<Run> weak = run;
    run->settling =
        alarm_.after(parts_.settle, [this, weak] { post(weak, [this](const RunPtr& run) { blame(run); }); });
    return;
  }
  run->step = Run::Step::outputs;
  run->settling.reset();
  run->deadline.reset();
  transfer_->post([this, run] { all_exited(run); });
}

void JobMachine::blame(const RunPtr& run) {
  if (run->step != Run::Step::working || run->snapshot().job.status != "InProgress") return;
  const std::size_t cause = cause_of_failure(*run);
  if (!change(*run, [&](JobState& state) { state.failed_host = cause; })) return;
  log_.info("{} {}: {} has failed, the other hosts are stopped", run->kind.noun, run->id,
            run->hosts[cause].host.name());
  stop_workers(*run, parts_.peer_grace);
}

void JobMachine::all_exited(const RunPtr& run) {
  // All lines are in the log before any status says that the job is over.
  const auto closing = [this] { return closing_.load(); };
  for (auto& host : run->hosts) host.follower->finish(closing);
  take_metric_files(*run, true);
  JobState state = run->snapshot();
  std::optional<std::size_t> failed = state.failed_host;
  if (!failed && !run->failed.empty()) failed = cause_of_failure(*run);
  for (auto& host : run->hosts) {
    auto last = host.companion ? host.companion->finish(closing) : Outcome<void>();
    if (closing_) return;
    if (last) continue;
    log_.warn("{} {}, {}: {} {}", run->kind.noun, run->id, host.host.name(), last.error().message, last.error().detail);
  }
  const std::string reason =
      failed ? why_failed(*run, *failed, run->hosts[*failed].worker->exit().value_or(workers::Exit{})) : "";
  if (failed && state.ending == Ending::none && state.job.status == "InProgress") {
    if (closing_ || try_again(run, reason)) return;
  }
  for (std::size_t i = 0; i < run->hosts.size(); ++i) {
    const std::string line = used(run->hosts[i]);
    if (!line.empty()) take_output(*run, i, {{now(), line}}, run->snapshot().hosts.at(i).output_offset);
  }
  const bool stored = change(*run, [&](JobState& state) {
    if (state.ending == Ending::none) {
      state.ending = state.job.status == "Stopping" ? Ending::stopped : failed ? Ending::failed : Ending::completed;
    }
    if (state.ending == Ending::failed) state.job.failure_reason = reason;
    run->task->ended(state.job, hosts_of(*run));
    enter(state, "Uploading", run->kind.uploading_message, now());
  });
  if (stored) upload(run);
}

void JobMachine::upload(const RunPtr& run) {
  const JobState state = run->snapshot();
  auto left = run->task->upload(state.job, hosts_of(*run), [this] { return closing_.load(); });
  if (!passed("uploaded")) return;
  post(run, [this, left = std::move(left)](const RunPtr& run) { uploaded(run, left); });
}

void JobMachine::uploaded(const RunPtr& run, Outcome<Leavings> left) {
  if (closing_) return;
  const Ending ending = run->snapshot().ending;
  if (!left) {
    const Error& error = left.error();
    log_.warn("{} {}: upload failed: {} {}", run->kind.noun, run->id, error.message, error.detail);
    if (ending != Ending::completed) return finish(run, ending);
    return finish(run, Ending::failed, [&](JobState& state) { state.job.failure_reason = failure_reason(error); });
  }
  for (const auto& name : left->left_out) {
    log_.info("{} {}: {} is no file of its own and was left out", run->kind.noun, run->id, name);
  }
  finish(run, ending, [&](JobState& state) { state.job.model_artifact = left->model_artifact; });
}

void JobMachine::fail(const RunPtr& run, const std::string& reason) {
  if (try_again(run, reason)) return;
  finish(run, Ending::failed, [&](JobState& state) { state.job.failure_reason = reason; });
}

bool JobMachine::try_again(const RunPtr& run, const std::string& reason) {
  const JobState state = run->snapshot();
  if (!reason.starts_with("InternalServerError") || state.attempt >= run->demand.retry_attempts || run->stop_asked ||
      state.job.status != "InProgress")
    return false;
  const std::string line =
      shorten(fmt::format("{}attempt {} has failed and is made again: {}", own_line, state.attempt + 1, reason), 1024);
  start_over(run, line);
  return true;
}

void JobMachine::start_over(const RunPtr& run, const std::string& line) {
  // The next attempt's workers have ids of their own, so that this one's can never be taken for them.
  const bool stored = change(*run,
                             [&](JobState& state) {
                               ++state.attempt;
                               state.launching = false;
                               state.failed_host.reset();
                               for (auto& host : state.hosts) host = {.log_stream = host.log_stream, .progress = host.progress};
                               enter(state, "Restarting", fmt::format("Restarting the {}", run->kind.noun), now());
                             },
                             {line});
  if (!stored) return;
  post(run, [this](const RunPtr& run) {
    run->step = Run::Step::clearing;
    run->ticket.reset();
    make_hosts(*run);
    transfer_->post([this, run] {
      remove_workers(*run);
      post(run, [this](const RunPtr& run) { begin(run); });
    });
  });
}

void JobMachine::finish(const RunPtr& run, Ending ending, const std::function<void(JobState&)>& with) {
  run->deadline.reset();
  const bool stored = change(*run, [&](JobState& state) {
    if (with) with(state);
    // A stop that was answered ends in Stopped, also where the work was done meanwhile; one by the time limit says so.
    if (state.ending != Ending::max_runtime) {
      state.ending = state.job.status == "Stopping" && ending != Ending::failed ? Ending::stopped : ending;
    }
    const Last last = last_status(state.ending, run->kind);
    state.job.status = last.status;
    enter(state, last.secondary, last.message, now());
    Transition& transition = state.job.transitions.back();
    transition.ended = transition.started;
    if (state.job.started) state.job.ended = transition.ended;
  });
  if (stored) conclude(run);
}

void JobMachine::conclude(const RunPtr& run) {
  run->step = Run::Step::over;
  std::vector<std::string> workers;
  for (auto& host : run->hosts) {
    workers.push_back(host.host.worker);
    host.follower.reset();
    host.companion.reset();
    host.worker.reset();
  }
  run->ticket.reset();
  {
    std::lock_guard lock(mutex_);
    runs_.erase(run->id);
  }
  log_.info("{} {} has ended: {}", run->kind.noun, run->id, run->snapshot().job.status);
  watchers_->tell(run->id);
  transfer_->post([this, workers = std::move(workers)] {
    for (const auto& id : workers) parts_.launcher.remove(id);
  });
}

}  // namespace clary::jobs
