// Picking up what an earlier server left: its jobs by their workers' ids, and the workers that no job claims.
#include <algorithm>

#include "io/file.hpp"
#include "jobs/job_machine.hpp"
#include "jobs/log.hpp"

namespace clary::jobs {

namespace {

// In the present attempt.
bool went_to(const JobState& state, std::string_view status) {
  const auto& transitions = state.job.transitions;
  const auto of = [](std::string_view word) { return [word](const Transition& t) { return t.status == word; }; };
  const auto since = std::find_if(transitions.rbegin(), transitions.rend(), of("Restarting"));
  return std::any_of(transitions.rbegin(), since, of(status));
}

// Whether its workers may be there, and with them what they use of this host.
bool had_slots(const JobState& state, const JobKind& kind) {
  return went_to(state, "Downloading") || went_to(state, kind.running) || went_to(state, "Uploading");
}

}  // namespace

Outcome<void> JobMachine::resume() {
  std::vector<RunPtr> runs;
  for (const JobKind* kind : kinds_) {
    TRY(auto records, parts_.store->read([&](meta::Session& session) {
      return meta::all(session, kind->record, {"InProgress", "Stopping"});
    }));
    std::vector<std::int64_t> unfinished;
    for (const auto& record : records) {
      auto state = decode_state(record);
      auto task = state ? kind->open(parts_, *state->spec) : Outcome<std::shared_ptr<const Task>>(state.error());
      if (!task) {
        fail_unreadable(*kind, record, task.error());
        continue;
      }
      unfinished.push_back(record.id);
      auto run = add(*std::move(state), *std::move(task));
      run->stop_asked = run->state.job.status == "Stopping";
      runs.push_back(std::move(run));
    }
    if (!unfinished.empty()) log_.info("{} {}s of an earlier server are picked up", unfinished.size(), kind->noun);
    clear_away(*kind, unfinished);
  }
  // Those that run have their share already, whatever this host has left: they ask before any that waits does.
  for (const auto& run : runs) {
    if (auto share = workers::share_of(run->demand.instance_type, workers::host_share()))
      run->share = part_of_host(*share, run->hosts.size());
    if (had_slots(run->snapshot(), run->kind)) run->ticket = parts_.slots.ask(of_all_hosts(*run), [] {});
  }
  for (const auto& run : runs) post(run, [this](const RunPtr& run) { pick_up(run); });
  return {};
}

void JobMachine::fail_unreadable(const JobKind& kind, const meta::Record& record, const Error& error) {
  log_.error("{} cannot be read and has failed: {} {}", record.arn, error.message, error.detail);
  JobState state;
  if (auto read = decode_state(record)) {
    state = *std::move(read);
  } else {
    state.job = decode_job(record);
  }
  state.ending = Ending::failed;
  state.job.status = "Failed";
  state.job.failure_reason = shorten(
      fmt::format("InternalServerError: The server was restarted and cannot read what it had stored of the job: {}",
                  error.message),
      1024);
  state.job.modified = now();
  enter(state, "Failed", capitalised(kind.noun) + " failed", state.job.modified);
  Transition& transition = state.job.transitions.back();
  transition.ended = transition.started;
  if (state.job.started) state.job.ended = transition.ended;
  const meta::Record failed = to_record(state, kind.record);
  const Job before = decode_job(record);
  auto stored = parts_.store->write([&](meta::Session& session) -> Outcome<void> {
    CHECK_OK(meta::update(session, failed));
    return tell_observers(session, kind, &before, state.job);
  });
  if (!stored)
    log_.error("{}: that cannot be stored: {} {}", record.arn, stored.error().message, stored.error().detail);
}

void JobMachine::clear_away(const JobKind& kind, const std::vector<std::int64_t>& unfinished) {
  for (const auto& id : parts_.launcher.ids()) {
    const auto job = job_of_worker(kind, id);
    if (!job || std::find(unfinished.begin(), unfinished.end(), *job) != unfinished.end()) continue;
    transfer_->post([this, id] { parts_.launcher.remove(id); });
  }
}

void JobMachine::pick_up(const RunPtr& run) {
  const JobState state = run->snapshot();
  for (const auto& id : workers_of(*run)) {
    const bool present =
        std::any_of(run->hosts.begin(), run->hosts.end(), [&](const HostRun& host) { return host.host.worker == id; });
    if (!present) transfer_->post([this, id] { parts_.launcher.remove(id); });  // of an earlier attempt
  }
  const bool uploading = state.ending != Ending::none && went_to(state, "Uploading");
  const bool worked = went_to(state, run->kind.running) || went_to(state, "Uploading");
  std::size_t found = 0;
  for (auto& host : run->hosts) {
    auto worker = parts_.launcher.attach(host.host.worker);
    if (!worker) continue;
    const auto exit = (*worker)->exit();
    // It never ran.
    if (!worked && exit && exit->kind == workers::Exit::Kind::lost) continue;
    if (run->kind.resumes && exit) continue;
    host.worker = *std::move(worker);
    ++found;
  }
  if (uploading && io::exists(run->hosts.front().host.ml)) {
    run->step = Run::Step::outputs;
    transfer_->post([this, run] { upload(run); });
    return;
  }
  if (found < run->hosts.size()) return pick_up_without_workers(run, worked);
  for (std::size_t i = 0; i < run->hosts.size(); ++i) accompany(*run, i);
  // What has ended meanwhile is taken in before the time limit, which may have passed meanwhile too.
  watch(run);
  arm_deadline(run);
}

void JobMachine::pick_up_without_workers(const RunPtr& run, bool worked) {
  run->ticket.reset();
  const bool keep = run->snapshot().launching && !worked && !run->stop_asked;
  std::vector<std::string> gone;
  for (auto& host : run->hosts) {
    if (keep && host.worker) continue;  // it may have begun to work: the others are started beside it
    host.worker.reset();
    gone.push_back(host.host.worker);
  }
  if (run->stop_asked) return finish(run, Ending::stopped);
  if (worked && run->kind.resumes) {
    return start_over(run, std::string(own_line) + "the server was restarted, and the job goes on with new workers");
  }
  if (worked) {
    return fail(run,
                "InternalServerError: We encountered an internal error. Please try again. The server was restarted, "
                "and the job's process is not there any more.");
  }
  run->step = Run::Step::clearing;
  transfer_->post([this, run, gone = std::move(gone)] {
    for (const auto& id : gone) parts_.launcher.remove(id);
    post(run, [this](const RunPtr& run) { begin(run); });
  });
}

}  // namespace clary::jobs
