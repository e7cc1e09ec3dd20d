// One replica: a place of a variant, filled by a worker that is started, asked /ping, watched, and started again when
// it ends. Owned by its endpoint and by its own coroutine. Thread rule: control thread. Invariant: target() is there
// exactly while invocations may be sent to it; when run() has ended by retire() nothing of it is left, and when it has
// ended because the server stops, its worker lives on.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "serving/control_loop.hpp"
#include "serving/ping.hpp"
#include "serving/replica_log.hpp"
#include "serving/replica_rows.hpp"
#include "serving/table.hpp"
#include "serving/variant_kit.hpp"

namespace clary::serving {

struct ReplicaPlan {
  Scope scope;
  std::string endpoint;
  ReplicaRow row;
  bool resumed = false;      // the row is that of an earlier server, whose worker may live
  bool keeps_going = false;  // part of what serves: started again for ever. Else its first failure is its last
  std::shared_ptr<VariantKit> kit;
};

class Replica : public std::enable_shared_from_this<Replica> {
 public:
  enum class Phase { starting, ready, down, failed, ended };

  Replica(ControlLoop& loop, const ServingParts& parts, ReplicaPlan plan, std::function<void()> changed);
  Task<> run();
  void retire();  // no more traffic (the endpoint has seen to that): drain, stop, clear up
  void keep_going() { plan_.keeps_going = true; }

  Phase phase() const { return phase_; }
  const std::string& failure() const { return failure_; }  // once failed: a FailureReason
  std::shared_ptr<ReplicaTarget> target() const { return target_; }
  const std::string& variant() const { return plan_.row.variant; }
  const ReplicaRow& row() const { return plan_.row; }

 private:
  using Clock = Signal::Clock;
  Task<> attach();
  Task<> launch();  // no worker_ after it: failure_ says why, unless it was given up
  Task<bool> wait_for_room();
  Task<bool> answers();
  Task<> watch();
  Task<> examine();
  Task<> pause_before_restart();
  Task<> drain();
  Task<> put_away();
  Task<> stop_worker();
  void follow(std::shared_ptr<workers::Worker> worker);
  void open_to_traffic(models::WorkerSocket socket);
  void close_to_traffic();
  void set_phase(Phase phase);
  void did_not_start(const std::string& why);
  bool leaving() const { return retired_ || loop_.stopping(); }
  std::function<bool()> leaves() const;
  bool ended() const { return worker_ && exit_->has_value(); }
  std::string socket_folder() const { return worker_->folder() + "/ml"; }

  ControlLoop& loop_;
  const ServingParts& parts_;
  ReplicaPlan plan_;
  std::function<void()> changed_;
  std::shared_ptr<Signal> signal_;
  Phase phase_ = Phase::starting;
  bool retired_ = false;
  std::string failure_;
  std::shared_ptr<workers::Slots::Ticket> ticket_;
  std::shared_ptr<workers::Worker> worker_;
  std::shared_ptr<std::optional<workers::Exit>> exit_;
  std::unique_ptr<ReplicaLog> worker_log_;
  std::string tail_;  // of the worker that ended last
  std::shared_ptr<ReplicaTarget> target_;
  Clock::time_point opened_{};
  int ends_ = 0;
};

std::string describe(const workers::Exit& exit);

}  // namespace clary::serving
