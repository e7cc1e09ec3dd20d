#include "jobs/job_machine.hpp"

#include <charconv>

#include "base/bytes.hpp"
#include "jobs/job_steps.hpp"
#include "jobs/log.hpp"

namespace clary::jobs {

std::unique_ptr<Companion> Task::accompany(const Job&, const Host&, HostNotes) const {
  return nullptr;
}
void Task::ended(Job&, const std::vector<Host>&) const {}

workers::Share part_of_host(workers::Share share, std::size_t hosts) {
  const workers::Share all = workers::host_share();
  const auto count = static_cast<double>(hosts);
  share.cpus = std::min(share.cpus, all.cpus / count);
  share.memory = std::min<std::uint64_t>(share.memory, all.memory / hosts);
  share.gpus = std::min<unsigned>(share.gpus, all.gpus / static_cast<unsigned>(hosts));
  return share;
}

workers::Share of_all_hosts(const Run& run) {
  workers::Share share = run.share;
  share.cpus *= static_cast<double>(run.hosts.size());
  share.memory *= run.hosts.size();
  share.gpus *= static_cast<unsigned>(run.hosts.size());
  return share;
}

std::string capitalised(std::string_view text) {
  std::string copy(text);
  if (!copy.empty()) copy.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(copy.front())));
  return copy;
}

std::string worker_id(const JobKind& kind, std::int64_t job, std::int64_t attempt, std::size_t index) {
  const std::string id = fmt::format("{}{}-algo-{}", kind.worker_prefix, job, index + 1);
  return attempt == 0 ? id : fmt::format("{}-{}", id, attempt + 1);
}

std::optional<std::int64_t> job_of_worker(const JobKind& kind, std::string_view id) {
  if (!id.starts_with(kind.worker_prefix)) return std::nullopt;
  id.remove_prefix(kind.worker_prefix.size());
  std::int64_t job = 0;
  auto [end, code] = std::from_chars(id.data(), id.data() + id.size(), job);
  if (code != std::errc() || end == id.data() + id.size() || *end != '-') return std::nullopt;
  return job;
}

JobMachine::JobMachine(JobParts given)
    : parts_(std::move(given)),
      control_(std::make_shared<WorkPool>(2)),
      intake_(std::make_shared<WorkPool>(std::max(1u, parts_.transfers))),
      transfer_(std::make_shared<WorkPool>(std::max(1u, parts_.transfers))) {
  if (!parts_.passed) parts_.passed = steps_of_environment();
}

JobMachine::~JobMachine() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
    closing_change_.notify_all();
  }
  alarm_.stop();
  intake_->stop();
  transfer_->stop();
  control_->stop();
  // A follower is let go of here and never on its own thread, which it would wait for.
  for (auto& [id, run] : runs_) run->hosts.clear();
}

Outcome<Job> JobMachine::create(const Scope& scope, const std::string& name, std::shared_ptr<const Task> task,
                                std::string document, const std::vector<meta::Tag>& tags, Creator creator) {
  const JobKind& kind = task->kind();
  {
    std::lock_guard lock(mutex_);
    if (runs_.size() >= parts_.most_jobs) {
      return aws_error(ErrorKind::limit_exceeded, "ResourceLimitExceeded",
                       "The account-level service limit for jobs under way is {}, with current utilization of {}.",
                       parts_.most_jobs, runs_.size());
    }
  }
  JobState state;
  state.spec = std::make_shared<const std::string>(task->spec());
  Job& job = state.job;
  job.scope = scope;
  job.name = name;
  job.arn = sagemaker_arn(scope, kind.record, name);
  job.document = std::move(document);
  job.creator = std::move(creator);
  job.created = job.modified = now();
  enter(state, "Starting", fmt::format("Starting the {}", kind.noun), job.created);
  const auto hosts = static_cast<std::size_t>(std::max<std::int64_t>(task->demand().instance_count, 1));
  for (std::size_t i = 0; i < hosts; ++i) {
    state.hosts.push_back({fmt::format("{}/algo-{}-{}", name, i + 1, job.created.micros / 1'000'000)});
  }
  const meta::Record record = to_record(state, kind.record);
  std::shared_lock in_the_making(creating_);
  bool taken = false;
  auto stored = parts_.store->write([&](meta::Session& session) -> Outcome<void> {
    auto id = meta::insert(session, record);
    taken = !id && id.error().kind == ErrorKind::already_exists;
    if (!id) return std::move(id).error();
    job.id = *id;
    if (!tags.empty()) CHECK_OK(meta::put_tags(session, record.arn, tags));
    return tell_observers(session, kind, nullptr, job);
  });
  if (!stored) {
    if (!taken) return std::move(stored).error();
    return make_error(ErrorKind::already_exists,
                      "Job names must be unique within an AWS account and region, and a {} with this name already "
                      "exists ({})",
                      kind.noun, record.arn);
  }
  Job made = job;
  auto run = add(std::move(state), std::move(task));
  if (passed("created")) post(run, [this](const RunPtr& run) { begin(run); });
  return made;
}

Outcome<std::optional<Job>> JobMachine::find(const JobKind& kind, const Scope& scope, const std::string& name) const {
  TRY(auto record,
      parts_.store->read([&](meta::Session& session) { return meta::find(session, kind.record, scope, name); }));
  if (!record) return std::optional<Job>();
  return std::optional<Job>(from_record(*record));
}

Outcome<meta::Page> JobMachine::list(const JobKind& kind, meta::ListQuery query) const {
  query.kind = kind.record;
  return parts_.store->read([&](meta::Session& session) { return meta::list(session, query); });
}

Job JobMachine::from_record(const meta::Record& record) {
  Job job = decode_job(record);
  // A reason is kept from when it is known, and told when the job has ended.
  if (job.status != "Failed") job.failure_reason.clear();
  return job;
}

std::shared_ptr<void> JobMachine::when_finished(std::int64_t id, std::function<void()> callback) {
  if (find_run(id)) {
    // Under the table's lock, or the job could end between the look and the registration.
    std::lock_guard lock(mutex_);
    if (runs_.contains(id)) return watchers_->add(id, std::move(callback));
  }
  callback();
  return std::make_shared<int>();
}

bool JobMachine::passed(std::string_view step) {
  if (closing_) return false;
  if (!parts_.passed || parts_.passed(step)) return true;
  std::lock_guard lock(mutex_);
  closing_ = true;
  closing_change_.notify_all();
  return false;
}

void JobMachine::pause(std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  closing_change_.wait_for(lock, most, [&] { return closing_.load(); });
}

Outcome<void> JobMachine::store(const Run& run, const JobState& state, std::size_t index,
                                const std::vector<meta::LogEvent>& events, const std::vector<MeasuredPoint>& points) {
  const meta::Record record = to_record(state, run.kind.record);
  return parts_.store->write([&](meta::Session& session) -> Outcome<void> {
    CHECK_OK(meta::update(session, record));
    CHECK_OK(tell_observers(session, run.kind, &run.state.job, state.job, points));
    if (events.empty()) return {};
    return parts_.logs.append(session, state.job.scope, run.kind.log_group, state.hosts.at(index).log_stream, events);
  });
}

Outcome<void> JobMachine::tell_observers(meta::Session& session, const JobKind& kind, const Job* before, const Job& now,
                                         const std::vector<MeasuredPoint>& points) const {
  for (const auto& observer : parts_.observers) {
    auto told = observer.changed ? observer.changed(session, kind.record, before, now) : Outcome<void>();
    if (told && !points.empty() && observer.measured) told = observer.measured(session, kind.record, now, points);
    if (told) continue;
    // not_found would be taken for the job's own record.
    if (before != nullptr && told.error().kind == ErrorKind::not_found)
      return internal("an observer of {}: {}", now.arn, told.error().message);
    return told;
  }
  return {};
}

Outcome<void> JobMachine::try_change(Run& run, const std::function<void(JobState&)>& with,
                                     const std::vector<std::string>& lines) {
  std::lock_guard lock(run.mutex);
  JobState next = run.state;
  with(next);
  next.job.modified = now();
  std::vector<meta::LogEvent> events;
  for (const auto& line : lines) events.push_back({next.job.modified.millis(), next.job.modified.millis(), line});
  CHECK_OK(store(run, next, 0, events));
  run.state = std::move(next);
  return {};
}

bool JobMachine::change(Run& run, const std::function<void(JobState&)>& with, const std::vector<std::string>& lines) {
  for (auto wait = std::chrono::milliseconds(100); !closing_;
       wait = std::min(wait * 2, std::chrono::milliseconds(5000))) {
    auto done = try_change(run, with, lines);
    if (done) return passed(run.snapshot().job.secondary_status);
    if (done.error().kind == ErrorKind::not_found) {
      record_gone(run);
      return false;
    }
    log_.error("the state of {} {} cannot be stored, trying again: {} {}", run.kind.noun, run.id, done.error().message,
               done.error().detail);
    pause(wait);
  }
  return false;
}

void JobMachine::post(const std::weak_ptr<Run>& weak, std::function<void(const RunPtr&)> step) {
  auto run = weak.lock();
  if (!run) return;
  run->serial->post([weak, step = std::move(step)] {
    if (auto run = weak.lock(); run && run->step != Run::Step::over) step(run);
  });
}

RunPtr JobMachine::add(JobState state, std::shared_ptr<const Task> task) {
  auto run = std::make_shared<Run>(std::move(state), std::move(task), control_);
  make_hosts(*run);
  std::lock_guard lock(mutex_);
  runs_[run->id] = run;
  return run;
}

RunPtr JobMachine::find_run(std::int64_t id) {
  auto look = [&]() -> RunPtr {
    std::lock_guard lock(mutex_);
    auto found = runs_.find(id);
    return found == runs_.end() ? nullptr : found->second;
  };
  if (auto run = look()) return run;
  // It may have been stored and not yet entered.
  std::unique_lock all_created(creating_);
  return look();
}

void JobMachine::make_hosts(Run& run) const {
  const JobState state = run.snapshot();
  std::vector<std::string> names;
  for (std::size_t i = 0; i < state.hosts.size(); ++i) names.push_back(fmt::format("algo-{}", i + 1));
  run.failed.clear();
  run.settling.reset();
  run.hosts.clear();
  for (std::size_t i = 0; i < names.size(); ++i) {
    Host& host = run.hosts.emplace_back().host;
    host.index = i;
    host.names = names;
    host.worker = worker_id(run.kind, run.id, state.attempt, i);
    host.ml = parts_.workers_folder + "/" + host.worker + "/ml";
  }
}

std::vector<std::string> JobMachine::workers_of(const Run& run) const {
  std::vector<std::string> ids;
  for (auto& id : parts_.launcher.ids()) {
    if (job_of_worker(run.kind, id) == run.id) ids.push_back(std::move(id));
  }
  return ids;
}

void JobMachine::remove_workers(const Run& run) {
  for (const auto& id : workers_of(run)) parts_.launcher.remove(id);
}

void JobMachine::record_gone(Run& run) {
  log_.warn("the record of {} {} is gone: its workers are removed", run.kind.noun, run.id);
  run.step = Run::Step::over;
  run.stop_asked = true;
  if (auto self = find_run(run.id)) run.serial->post([this, self] { conclude(self); });
}

void JobMachine::watch(const RunPtr& run) {
  run->step = Run::Step::working;
  for (std::size_t i = 0; i < run->hosts.size(); ++i) follow(run, i);
  const bool stored = change(*run, [&](JobState& state) {
    if (state.job.status == "InProgress") enter(state, run->kind.running, run->kind.running_message, now());
  });
  if (!stored) return;
  watch_metric_files(run);
  if (run->stop_asked) stop_workers(*run, parts_.stop_grace);
  if (run->snapshot().failed_host) stop_workers(*run, parts_.peer_grace);
  std::weak_ptr<Run> weak = run;
  for (std::size_t i = 0; i < run->hosts.size(); ++i) {
    run->hosts[i].worker->on_exit([this, weak, i](workers::Exit exit) {
      post(weak, [this, i, exit](const RunPtr& run) { exited(run, i, exit); });
    });
    if (auto& companion = run->hosts[i].companion; companion && !run->stop_asked) {
      companion->begin([this, weak, i] { post(weak, [this, i](const RunPtr& run) { work_done(run, i); }); });
    }
  }
}

void JobMachine::arm_deadline(const RunPtr& run) {
  const JobState state = run->snapshot();
  const std::int64_t most = std::min<std::int64_t>(run->demand.max_runtime_seconds, 10LL * 365 * 86400);
  // At a clock that was set back meanwhile, no more than the whole of it.
  const std::int64_t ran = std::max<std::int64_t>(0, now().micros - state.job.started.value_or(now()).micros);
  std::weak_ptr<Run> weak = run;
  run->deadline = alarm_.after(std::chrono::milliseconds(std::max<std::int64_t>(0, most * 1000 - ran / 1000)),
                               [this, weak] { post(weak, [this](const RunPtr& run) { deadline_passed(run); }); });
}

}  // namespace clary::jobs
