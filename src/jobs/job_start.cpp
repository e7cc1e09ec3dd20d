// From Create to running workers: image, environment, slots, inputs, launch.
#include <algorithm>
#include <unistd.h>

#include "io/file.hpp"
#include "jobs/failure_reason.hpp"
#include "jobs/job_machine.hpp"
#include "jobs/log.hpp"

namespace clary::jobs {

namespace {

constexpr std::size_t most_news = 2000;

std::string environment_message(const runtimes::Version& version, std::string_view line) {
  return shorten(fmt::format("Preparing the environment {}: {}", version.id(), line), 500);
}

// What the log begins with where all is not as the image and the request would have it.
std::vector<std::string> opening_lines(const runtimes::Version& version, const Run& run) {
  std::vector<std::string> lines;
  if (version.fidelity != runtimes::Version::Fidelity::exact) {
    lines.push_back(fmt::format("{}{} is made of {}, the nearest that can be had: {}", own_line, version.id(),
                                version.library, version.reason));
  }
  if (!run.demand.without_effect.empty()) {
    lines.push_back(fmt::format("{}kept and shown, and without effect here: {}", own_line,
                                fmt::join(run.demand.without_effect, ", ")));
  }
  for (const auto& problem : run.scraper.problems()) lines.push_back(std::string(own_line) + problem);
  return lines;
}

std::vector<workers::Line> own_lines(const std::vector<std::string>& notes, Time now) {
  std::vector<workers::Line> lines;
  for (const auto& note : notes) lines.push_back({now, std::string(own_line) + note});
  return lines;
}

workers::Limits limits_of(const Demand& demand, const workers::Share& share) {
  workers::Limits limits;
  limits.cpus = share.cpus;
  limits.memory = share.memory;
  limits.gpus = share.gpus;
  limits.disk = static_cast<std::uint64_t>(std::max<std::int64_t>(demand.volume_gb, 1)) << 30;
  return limits;
}

}  // namespace

void JobMachine::begin(const RunPtr& run) {
  run->step = Run::Step::environment;
  if (run->stop_asked) return finish(run, Ending::stopped);
  auto version = parts_.catalogue.match(run->demand.image);
  if (!version) return fail(run, failure_reason(version.error()));
  if (version->fidelity == runtimes::Version::Fidelity::impossible) {
    return fail(run, fmt::format("ClientError: {} cannot be had on this server: {}", version->id(), version->reason));
  }
  auto share = workers::share_of(run->demand.instance_type, workers::host_share());
  if (!share) return fail(run, failure_reason(share.error()));
  run->share = part_of_host(*share, run->hosts.size());
  std::weak_ptr<Run> weak = run;
  // Nothing of the machine's own: the environments outlive it.
  auto news = [this, &clock = parts_.clock, weak, version = *version](const std::string& line) {
    auto run = weak.lock();
    if (!run) return;
    std::lock_guard lock(run->news_mutex);
    if (run->news.size() >= most_news) return;
    run->news.push_back({clock.now(), line});
    // One commit takes in all that has come meanwhile.
    if (run->news.size() == 1) post(weak, [this, version](const RunPtr& run) { environment_news(run, version); });
  };
  auto done = [this, weak](Outcome<runtimes::Environment> made) {
    post(weak, [this, made = std::move(made)](const RunPtr& run) { environment_ready(run, made); });
  };
  parts_.environments.ensure(*version, std::move(news), std::move(done));
}

void JobMachine::environment_news(const RunPtr& run, const runtimes::Version& version) {
  std::vector<workers::Line> news;
  {
    std::lock_guard lock(run->news_mutex);
    news.swap(run->news);
  }
  if (news.empty() || run->step != Run::Step::environment) return;
  std::vector<std::string> lines;
  for (const auto& line : news) lines.push_back(environment_message(version, line.text));
  const std::string message = lines.back();
  for (auto& line : lines) line.insert(0, own_line);
  change(
      *run,
      [&](JobState& state) {
        if (state.job.status == "InProgress") enter(state, "Starting", message, now());
      },
      lines);
}

void JobMachine::environment_ready(const RunPtr& run, Outcome<runtimes::Environment> made) {
  if (run->step != Run::Step::environment) return;
  if (run->stop_asked) return finish(run, Ending::stopped);
  if (!made) {
    log_.warn("{} {}: no environment: {} {}", run->kind.noun, run->id, made.error().message, made.error().detail);
    return fail(run, failure_reason(made.error()));
  }
  if (!passed("environment")) return;
  run->environment = *std::move(made);
  run->step = Run::Step::slot;
  // All at once: two jobs that each held half of their hosts would wait for each other.
  run->ticket = parts_.slots.ask(of_all_hosts(*run), [this, weak = std::weak_ptr<Run>(run)] {
    post(weak, [this](const RunPtr& run) { slot_granted(run); });
  });
  const std::string waits = parts_.slots.waits_for(*run->ticket);
  if (waits.empty()) return;
  change(*run, [&](JobState& state) {
    if (state.job.status != "InProgress") return;
    enter(state, "Pending", fmt::format("{} waiting for capacity: {}", capitalised(run->kind.noun), waits), now());
  });
}

void JobMachine::slot_granted(const RunPtr& run) {
  if (run->step != Run::Step::slot) return;
  if (run->stop_asked) return finish(run, Ending::stopped);
  run->step = Run::Step::inputs;
  const bool stored = change(
      *run,
      [&](JobState& state) {
        // AWS counts, and bills, from here on: the instances are there.
        if (!state.job.started) state.job.started = now();
        if (state.job.status == "InProgress") enter(state, "Downloading", "Downloading input data", now());
      },
      opening_lines(run->environment->version, *run));
  if (!stored) return;
  arm_deadline(run);
  run->given_up = false;
  run->preparing_failed.reset();
  std::vector<std::size_t> unprepared;
  for (std::size_t i = 0; i < run->hosts.size(); ++i) {
    if (!run->hosts[i].worker) unprepared.push_back(i);  // the others were started by an earlier server
  }
  run->unprepared = unprepared.size();
  for (const std::size_t i : unprepared) {
    intake_->post([this, run, i] {
      auto done = prepare(*run, i);
      post(run, [this, done = std::move(done)](const RunPtr& run) { prepared(run, done); });
    });
  }
}

Outcome<void> JobMachine::prepare(Run& run, std::size_t index) {
  const JobState state = run.snapshot();
  Host& host = run.hosts[index].host;
  auto cancelled = [this, &run] { return run.stop_asked || run.given_up || closing_; };
  if (parts_.workers_folder.empty()) return internal("JobParts::workers_folder is not set");
  if (index == 0) CHECK_OK(run.task->check(state.job));
  TRY(const unsigned uid, parts_.launcher.uid_of(host.worker));
  if (uid != ::geteuid()) host.owner = uid;
  CHECK_OK(io::make_folders(host.ml, 0755));
  Intake intake{.objects = parts_.objects,
                .scope = state.job.scope,
                .role_arn = run.demand.role_arn,
                .owner = host.owner,
                .room = limits_of(run.demand, run.share).disk,
                .host = index,
                .hosts = run.hosts.size(),
                .cancelled = cancelled};
  CHECK_OK(run.task->prepare(state.job, host, intake));
  if (!intake.notes.empty()) {
    take_output(run, index, own_lines(intake.notes, now()), state.hosts.at(index).output_offset);
  }
  if (cancelled()) return make_error(ErrorKind::timed_out, "the job was stopped");
  return {};
}

void JobMachine::prepared(const RunPtr& run, Outcome<void> done) {
  if (!done) {
    run->given_up = true;
    if (!run->preparing_failed) run->preparing_failed = std::move(done).error();
  }
  if (--run->unprepared > 0) return;
  if (run->preparing_failed) return started(run, *std::move(run->preparing_failed));
  if (!passed("prepared")) return;
  // From here on a host may have begun to work, and must not begin anew because another has not.
  if (run->hosts.size() > 1 && !change(*run, [](JobState& state) { state.launching = true; })) return;
  launch(run);
}

void JobMachine::launch(const RunPtr& run) {
  transfer_->post([this, run] {
    auto done = start_workers(*run);
    post(run, [this, done = std::move(done)](const RunPtr& run) { started(run, done); });
  });
}

Outcome<void> JobMachine::start_workers(Run& run) {
  const JobState state = run.snapshot();
  const bool isolated = run.demand.network_isolation;
  for (std::size_t i = 0; i < run.hosts.size(); ++i) {
    const Host& host = run.hosts[i].host;
    auto& worker = run.hosts[i].worker;
    if (worker) {  // an earlier server started it
      accompany(run, i);
      continue;
    }
    // Once one runs, all do: a stop gives them their grace then, and what they leave is uploaded.
    const bool any = std::any_of(run.hosts.begin(), run.hosts.end(), [](const HostRun& of) { return of.worker; });
    if (closing_ || (run.stop_asked && !any)) return make_error(ErrorKind::timed_out, "the job was stopped");
    workers::Surroundings surroundings;
    if (!isolated) surroundings = parts_.surroundings(state.job.scope, run.demand.role_arn, host.worker);
    workers::WorkerSpec spec = run.task->worker(state.job, host, {*run.environment, surroundings, run.share});
    spec.id = host.worker;
    spec.hostname = host.name();
    spec.forwarder = !isolated;
    spec.limits = limits_of(run.demand, run.share);
    if (run.hosts.size() > 1) {
      spec.link.network = fmt::format("{}{}-{}", run.kind.worker_prefix, run.id, state.attempt + 1);
      spec.link.hosts = host.names;
    }
    TRY(worker, parts_.launcher.start(spec));
    accompany(run, i);
    if (!passed("launched")) return make_error(ErrorKind::timed_out, "the server ends");
  }
  return {};
}

void JobMachine::started(const RunPtr& run, Outcome<void> done) {
  if (closing_) return;
  if (done) return watch(run);
  for (auto& host : run->hosts) host.worker.reset();
  if (run->stop_asked) return finish(run, Ending::stopped);
  const Error& error = done.error();
  log_.warn("{} {} did not start: {} {}", run->kind.noun, run->id, error.message, error.detail);
  fail(run, failure_reason(error));
}

}  // namespace clary::jobs
