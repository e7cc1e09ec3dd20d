// What one event loop keeps for its invocations: its copy of the table, its connections to the workers, the deadlines
// of the calls under way. Owned by the loop's io_context (a service of it: it ends with the loop). Thread rule: the
// loop's thread alone, so there are no locks. Invariant: a call that was taken in is completed at its deadline at the
// latest; idle connections are closed after a minute, and those to a replica that has left the table when that is
// noticed.
#pragma once

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "serving/call.hpp"
#include "serving/connection.hpp"

namespace clary::serving {

class LoopClient : public boost::asio::execution_context::service {
 public:
  inline static boost::asio::execution_context::id id;
  explicit LoopClient(boost::asio::execution_context& context);

  // Finds the endpoint, chooses variant and replica, and sends the call off.
  void start(const Publisher& publisher, std::unique_ptr<Call> call);

  // For connections:
  void connect(std::unique_ptr<Call> call);  // over a new connection to the replica it is bound to
  void keep(std::shared_ptr<Connection> connection);
  // Counts the call and hands the result to whoever waits; `status` is the model's, 0 where it gave none.
  void complete(std::unique_ptr<Call> call, Outcome<InvocationAnswer> result, unsigned status);

 private:
  using Timer = boost::asio::basic_waitable_timer<Call::Clock, boost::asio::wait_traits<Call::Clock>,
                                                  boost::asio::io_context::executor_type>;

  void shutdown() override;
  const Table& table(const Publisher& publisher);
  void forget_missing_replicas();
  bool choose_variant_for(Call& call);
  void dispatch(std::unique_ptr<Call> call);
  std::shared_ptr<ReplicaTarget> choose_replica_for(const Call& call);
  void connection_refused(std::unique_ptr<Call> call);
  void connect_later(std::unique_ptr<Call> call);
  void watch_deadline(Call& call);
  void arm_deadline();
  void pass_deadlines();
  void arm_sweep();
  void sweep();
  double draw();

  boost::asio::io_context& context_;
  std::shared_ptr<const Table> table_;
  std::string key_;
  std::unordered_map<std::uint64_t, std::vector<std::shared_ptr<Connection>>> idle_;
  boost::intrusive::list<Call, boost::intrusive::constant_time_size<false>> by_deadline_;
  std::optional<Timer> deadline_timer_, sweep_timer_;
  bool deadline_armed_ = false, sweep_armed_ = false;
  std::vector<std::int64_t> in_flight_;
  std::vector<double> weights_;
  std::vector<const std::shared_ptr<ReplicaTarget>*> candidates_;
  std::uint64_t random_ = 0, turn_ = 0;
};

}  // namespace clary::serving
