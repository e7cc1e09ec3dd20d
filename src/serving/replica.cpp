#include "serving/replica.hpp"

#include <algorithm>
#include <atomic>

#include "serving/log.hpp"
#include "serving/restart_policy.hpp"
#include "serving/room.hpp"

namespace clary::serving {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds first_ping_pause{5}, longest_ping_pause{50}, ping_timeout{2000};
constexpr std::size_t tail_in_reason = 700;  // a FailureReason has 1,024 characters

std::uint64_t next_serial() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

}  // namespace

std::string describe(const workers::Exit& exit) {
  switch (exit.kind) {
    case workers::Exit::Kind::exited: return fmt::format("exited with code {}", exit.code);
    case workers::Exit::Kind::signalled: return fmt::format("was ended by signal {}", exit.signal);
    case workers::Exit::Kind::out_of_memory: return "ran out of memory";
    case workers::Exit::Kind::out_of_disk: return "ran out of disk space";
    case workers::Exit::Kind::lost: return "was lost";
  }
  return {};
}

Replica::Replica(ControlLoop& loop, const ServingParts& parts, ReplicaPlan plan, std::function<void()> changed)
    : loop_(loop),
      parts_(parts),
      plan_(std::move(plan)),
      changed_(std::move(changed)),
      signal_(std::make_shared<Signal>(loop)) {}

std::function<bool()> Replica::leaves() const {
  return [this] { return leaving(); };
}

void Replica::retire() {
  retired_ = true;
  signal_->set();
}

Task<> Replica::run() {
  auto self = shared_from_this();
  if (plan_.resumed) co_await attach();
  while (!leaving()) {
    if (!worker_) co_await launch();
    bool fine = false;
    if (worker_) fine = co_await answers();
    if (fine) co_await watch();
    if (leaving()) break;
    std::string why =
        ended() ? fmt::format("The model's process {}.", describe(**exit_)) : "It did not answer in time.";
    close_to_traffic();
    co_await put_away();
    if (!fine && !plan_.keeps_going) {
      if (failure_.empty()) did_not_start(why);
      set_phase(Phase::failed);
      break;
    }
    if (!failure_.empty()) log_.warn("{}: {}", plan_.row.worker(), failure_);
    set_phase(Phase::down);
    co_await pause_before_restart();
  }
  while (!leaving()) co_await signal_->wait();  // a failed one waits for its endpoint to have read why
  if (retired_ && !loop_.stopping()) {
    co_await drain();
    close_to_traffic();
    co_await put_away();
    auto erased = parts_.store->write([&](meta::Session& session) { return erase_row(session, plan_.row); });
    if (!erased) log_.error("row of {} not erased: {}", plan_.row.worker(), erased.error().detail);
  }
  worker_log_.reset();
  set_phase(Phase::ended);
  changed_ = nullptr;
}

Task<> Replica::attach() {
  std::function<Outcome<std::shared_ptr<workers::Worker>>()> look = [this] {
    return parts_.launcher.attach(plan_.row.worker());
  };
  auto found = co_await loop_.blocking(signal_, look);
  if (!found) co_return;
  follow(*std::move(found));
  // It may have ended while no server looked; then it is no failure of this start.
  if (worker_->exit()) co_await put_away();
}

Task<bool> Replica::wait_for_room() {
  auto share = reserved_share(plan_.kit->variant().instance_type, workers::host_share());
  if (!share) {
    failure_ = share.error().message;
    co_return false;
  }
  std::function<void(std::function<void(bool)>)> ask = [this, share = *share](std::function<void(bool)> done) {
    ticket_ = parts_.slots.ask(share, [done = std::move(done)] { done(true); });
    if (auto why = parts_.slots.waits_for(*ticket_); !why.empty()) log_.info("{}: {}", plan_.row.worker(), why);
  };
  std::function<bool()> abandoned = leaves();
  auto granted = co_await loop_.called_back<bool>(signal_, abandoned, ask);
  co_return granted.has_value();
}

Task<> Replica::launch() {
  failure_.clear();
  std::function<bool()> abandoned = leaves();
  auto prepared = co_await plan_.kit->prepare(signal_, abandoned);
  if (!prepared) {
    failure_ = prepared.error().message;
    if (!prepared.error().detail.empty()) log_.error("{}: {}", plan_.row.worker(), prepared.error().detail);
    co_return;
  }
  if (!ticket_) {
    bool room = co_await wait_for_room();
    if (!room) co_return;
  }
  if (plan_.resumed || ends_ > 0) {
    ++plan_.row.attempt;
    plan_.row.consumed = 0;
  }
  const auto& kit = *plan_.kit;
  auto surroundings = parts_.surroundings(plan_.scope, kit.variant().role_arn, plan_.row.worker());
  auto spec = models::model_worker(plan_.row.worker(), kit.variant().container, kit.environment(), kit.folders(), surroundings,
                           {parts_.runtime_folder, parts_.model_server}, plan_.scope.region);
  if (auto limits = limits_of(kit.variant().instance_type, workers::host_share())) spec.limits = *limits;
  std::function<Outcome<std::shared_ptr<workers::Worker>>()> start =
      [this, spec]() -> Outcome<std::shared_ptr<workers::Worker>> {
    CHECK_OK(parts_.store->write([&](meta::Session& session) { return put_row(session, plan_.row); }));
    auto worker = parts_.launcher.start(spec);
    if (!worker) parts_.launcher.remove(spec.id);
    return worker;
  };
  auto started = co_await loop_.blocking(signal_, start);
  if (!started) {
    log_.error("{} not started: {}", spec.id, started.error().detail);
    failure_ = fmt::format("The model's process could not be started: {}", started.error().message);
    co_return;
  }
  follow(*std::move(started));
}

void Replica::follow(std::shared_ptr<workers::Worker> worker) {
  worker_ = std::move(worker);
  exit_ = std::make_shared<std::optional<workers::Exit>>();
  worker_log_ = std::make_unique<ReplicaLog>(parts_.store, parts_.logs, plan_.scope, plan_.endpoint, plan_.row,
                                      worker_->output_path());
  worker_->on_exit([&loop = loop_, slot = exit_, waker = std::weak_ptr(signal_)](workers::Exit exit) {
    if (!waker.lock()) return;
    loop.post([slot, waker, exit] {
      *slot = exit;
      if (auto waiting = waker.lock()) waiting->set();
    });
  });
}

Task<bool> Replica::answers() {
  auto started = Clock::now();
  auto deadline =
      started + std::chrono::seconds(std::clamp<std::int64_t>(plan_.kit->variant().startup_timeout_seconds, 1, 3600));
  milliseconds pause = first_ping_pause;
  std::function<bool()> abandoned = [this] { return leaving() || ended(); };
  while (!abandoned() && Clock::now() < deadline) {
    auto socket = models::WorkerSocket::open(socket_folder());
    if (socket) {
      auto result = co_await ping(loop_, *socket, signal_, abandoned, ping_timeout);
      if (result == PingResult::fine) {
        open_to_traffic(*std::move(socket));
        log_.info("{} answers after {} ms", plan_.row.worker(),
                         std::chrono::duration_cast<milliseconds>(Clock::now() - started).count());
        co_return true;
      }
    }
    if (abandoned()) break;
    co_await signal_->wait_for(pause);
    pause = std::min(pause * 3 / 2 + milliseconds(1), longest_ping_pause);
  }
  co_return false;
}

void Replica::open_to_traffic(models::WorkerSocket socket) {
  auto target = std::make_shared<ReplicaTarget>();
  target->serial = next_serial();
  target->socket = std::move(socket);
  target->log_stream = plan_.row.stream;
  target->on_trouble = [&loop = loop_, waker = std::weak_ptr(signal_)] {
    if (!waker.lock()) return;
    loop.post([waker] {
      if (auto waiting = waker.lock()) waiting->set();
    });
  };
  target_ = std::move(target);
  opened_ = Clock::now();
  set_phase(Phase::ready);
}

void Replica::close_to_traffic() {
  target_.reset();
}

void Replica::set_phase(Phase phase) {
  phase_ = phase;
  if (changed_) changed_();
}

Task<> Replica::watch() {
  while (!leaving() && !ended()) {
    if (target_ && !target_->suspected) {
      co_await signal_->wait();
    } else {
      co_await examine();
    }
  }
  if (ended() && !leaving()) log_.warn("{} {}", plan_.row.worker(), describe(**exit_));
}

// Invocations had trouble with it: asks /ping until it answers or is given up.
Task<> Replica::examine() {
  auto since = Clock::now();
  std::function<bool()> abandoned = [this] { return leaving() || ended(); };
  milliseconds pause = first_ping_pause;
  while (!abandoned()) {
    auto socket = models::WorkerSocket::open(socket_folder());
    auto result = PingResult::refused;
    if (socket) result = co_await ping(loop_, *socket, signal_, abandoned, ping_timeout);
    if (abandoned()) co_return;
    if (result == PingResult::fine) {
      if (target_) {
        target_->suspected = false;
        if (!target_->socket.same_file(*socket)) open_to_traffic(*std::move(socket));
      } else {
        open_to_traffic(*std::move(socket));
      }
      co_return;
    }
    if (result == PingResult::refused && target_) {
      close_to_traffic();
      set_phase(Phase::down);
    }
    bool busy = target_ && target_->in_flight > 0;
    if (give_up({Clock::now() - since, result == PingResult::refused, busy})) {
      log_.warn("{} does not answer /ping any more: it is ended", plan_.row.worker());
      worker_->kill();
      close_to_traffic();
      while (!abandoned()) co_await signal_->wait();
      co_return;
    }
    co_await signal_->wait_for(pause);
    pause = std::min(pause * 2, milliseconds(1000));
  }
}

Task<> Replica::pause_before_restart() {
  auto served = opened_ == Clock::time_point{} ? Clock::duration::zero() : Clock::now() - opened_;
  ends_ = ends_in_a_row(ends_, served);
  opened_ = {};
  auto end = Clock::now() + restart_delay(ends_);
  while (!leaving() && Clock::now() < end) co_await signal_->wait_until(end);
}

Task<> Replica::drain() {
  if (!target_) co_return;
  // A loop may just be choosing it by the table before this one; a moment later its in_flight tells.
  auto target = target_;
  auto end = Clock::now() + parts_.invocation_timeout + std::chrono::seconds(1);
  auto pause = milliseconds(10);
  do {
    co_await signal_->wait_for(pause);
    pause = std::min(pause * 2, milliseconds(200));
  } while (target->in_flight > 0 && Clock::now() < end && !loop_.stopping() && !ended());
}

Task<> Replica::stop_worker() {
  worker_->stop(parts_.stop_grace);
  auto end = Clock::now() + parts_.stop_grace + std::chrono::seconds(5);
  while (!ended() && !loop_.stopping() && Clock::now() < end) co_await signal_->wait_until(end);
}

// Ends the worker where it still runs, takes in its last output and removes its folder.
Task<> Replica::put_away() {
  if (!worker_) co_return;
  if (!worker_->exit()) {
    if (phase_ == Phase::ready) {
      co_await stop_worker();
    } else {
      worker_->kill();
      auto end = Clock::now() + std::chrono::seconds(5);
      while (!ended() && !loop_.stopping() && Clock::now() < end) co_await signal_->wait_until(end);
    }
  }
  if (loop_.stopping()) co_return;
  std::function<bool()> clear = [this] {
    worker_log_->finish();
    tail_ = worker_log_->tail(tail_in_reason);
    parts_.launcher.remove(worker_->id());
    return true;
  };
  co_await loop_.blocking(signal_, clear);
  worker_log_.reset();
  worker_.reset();
}

void Replica::did_not_start(const std::string& why) {
  failure_ = fmt::format(
      "The primary container for production variant {} did not pass the ping health check. Please check CloudWatch "
      "logs for this endpoint. {}",
      plan_.row.variant, why);
  if (!tail_.empty()) failure_ += fmt::format(" Its last output was: {}", tail_);
}

}  // namespace clary::serving
