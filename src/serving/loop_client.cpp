#include "serving/loop_client.hpp"

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include "base/metrics.hpp"
#include "base/rng.hpp"
#include "serving/log.hpp"
#include "serving/model_error.hpp"
#include "serving/routing.hpp"

namespace clary::serving {

namespace {

// Connections to one replica, of all loops; more are made when needed, but not kept.
constexpr std::int64_t max_kept = 256;
constexpr std::chrono::seconds idle_for{60};
constexpr std::chrono::milliseconds longest_pause{100};

metrics::Counter invocations_{"clary_invocations_total", "Invocations that reached a variant."};
metrics::Counter errors_{"clary_invocation_errors_total",
                         "Invocations that ended in an error of the model or of its worker."};
metrics::Histogram latency_{"clary_invocation_seconds", "From choosing the replica to the end of its answer."};

}  // namespace

LoopClient::LoopClient(boost::asio::execution_context& context)
    : service(context), context_(static_cast<boost::asio::io_context&>(context)) {
  std::memcpy(&random_, random_bytes(sizeof random_).data(), sizeof random_);
  deadline_timer_.emplace(context_);
  sweep_timer_.emplace(context_);
}

void LoopClient::shutdown() {
  by_deadline_.clear();
  idle_.clear();
  deadline_timer_.reset();
  sweep_timer_.reset();
  table_.reset();
}

void LoopClient::start(const Publisher& publisher, std::unique_ptr<Call> call) {
  const Table& known = table(publisher);
  key_.clear();
  append_key(key_, call->asked.scope, call->asked.endpoint);
  auto found = known.endpoints.find(key_);
  if (found == known.endpoints.end()) return call->done(endpoint_not_found(call->asked.scope, call->asked.endpoint));
  call->endpoint = found->second;
  if (!choose_variant_for(*call))
    return call->done(variant_not_found(call->asked.endpoint, call->asked.target_variant));
  call->started = Call::Clock::now();
  call->deadline = call->started + call->limits.timeout;
  invocations_.add();
  watch_deadline(*call);
  dispatch(std::move(call));
}

const Table& LoopClient::table(const Publisher& publisher) {
  if (!table_ || table_->version != publisher.version()) {
    table_ = publisher.table();
    forget_missing_replicas();
  }
  return *table_;
}

void LoopClient::forget_missing_replicas() {
  if (idle_.empty()) return;
  std::unordered_set<std::uint64_t> present;
  for (const auto& [key, endpoint] : table_->endpoints)
    for (const auto& variant : endpoint->variants)
      for (const auto& replica : variant.replicas) present.insert(replica->serial);
  std::erase_if(idle_, [&](const auto& pool) { return !present.contains(pool.first); });
}

bool LoopClient::choose_variant_for(Call& call) {
  const auto& variants = call.endpoint->variants;
  if (!call.asked.target_variant.empty()) {
    for (std::size_t i = 0; i < variants.size(); ++i) {
      if (variants[i].name == call.asked.target_variant) {
        call.variant = i;
        return true;
      }
    }
    return false;
  }
  if (variants.size() == 1) return true;
  weights_.clear();
  for (const auto& variant : variants) weights_.push_back(variant.weight);
  call.variant = choose_variant(weights_, draw()).value_or(0);
  return true;
}

void LoopClient::dispatch(std::unique_ptr<Call> call) {
  auto replica = choose_replica_for(*call);
  if (!replica) {
    Error error = no_replica(call->asked.endpoint, call->variant_target().name);
    return complete(std::move(call), std::move(error), 0);
  }
  if (replica->in_flight.load(std::memory_order_relaxed) >= call->limits.in_flight) {
    Error error = overloaded(call->asked.endpoint);
    return complete(std::move(call), std::move(error), 0);
  }
  call->bind(std::move(replica));
  auto pool = idle_.find(call->replica->serial);
  if (pool == idle_.end() || pool->second.empty()) return connect(std::move(call));
  auto connection = std::move(pool->second.back());
  pool->second.pop_back();
  connection->carry(std::move(call));
}

std::shared_ptr<ReplicaTarget> LoopClient::choose_replica_for(const Call& call) {
  const auto& replicas = call.variant_target().replicas;
  if (replicas.size() == 1 && call.refused_by.empty()) return replicas[0];
  in_flight_.clear();
  candidates_.clear();
  for (const auto& replica : replicas) {
    if (std::find(call.refused_by.begin(), call.refused_by.end(), replica->serial) != call.refused_by.end()) continue;
    in_flight_.push_back(replica->in_flight.load(std::memory_order_relaxed));
    candidates_.push_back(&replica);
  }
  auto chosen = choose_replica(in_flight_, turn_++);
  return chosen ? *candidates_[*chosen] : nullptr;
}

void LoopClient::connect(std::unique_ptr<Call> call) {
  auto raw = call->replica->socket.connect();
  if (!raw) {
    if (raw.error().kind == ErrorKind::throttled) return connect_later(std::move(call));
    if (raw.error().kind == ErrorKind::unavailable) return connection_refused(std::move(call));
    log_.error("no connection to a worker: {}", raw.error().detail);
    return complete(std::move(call), std::move(raw).error(), 0);
  }
  Connection::Socket socket(context_);
  boost::system::error_code error;
  socket.assign(boost::asio::local::stream_protocol(), raw->fd(), error);
  if (error) return complete(std::move(call), internal("socket assign: {}", error.message()), 0);
  raw->release();
  socket.non_blocking(true, error);
  std::make_shared<Connection>(*this, std::move(socket), call->replica, call->limits.answer_bytes)
      ->carry(std::move(call));
}

void LoopClient::connection_refused(std::unique_ptr<Call> call) {
  call->suspect();
  if (call->sent) {
    Error error = model_error(call->asked.scope, call->asked.endpoint, 0,
                              "the connection was closed before a response came: the model's process has ended");
    return complete(std::move(call), std::move(error), 0);
  }
  call->refused_by.push_back(call->replica->serial);
  call->unbind();
  dispatch(std::move(call));
}

void LoopClient::connect_later(std::unique_ptr<Call> call) {
  auto timer = std::make_shared<Timer>(context_, call->pause);
  call->pause = std::min(call->pause * 2, longest_pause);
  timer->async_wait([this, timer, call = std::move(call)](const boost::system::error_code& error) mutable {
    if (error) return;
    if (Call::Clock::now() < call->deadline) return connect(std::move(call));
    call->suspect();
    Error late = invocation_timed_out(call->asked.scope, call->asked.endpoint);
    complete(std::move(call), std::move(late), 0);
  });
}

void LoopClient::keep(std::shared_ptr<Connection> connection) {
  if (connection->replica().connections.load(std::memory_order_relaxed) > max_kept) return;
  connection->idle_since = Call::Clock::now();
  idle_[connection->replica().serial].push_back(std::move(connection));
  arm_sweep();
}

namespace {

std::uint64_t latency_micros(Call::Clock::duration time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::microseconds>(time).count(), 0));
}

// Errors before the latency, which counts the invocation: who takes both in between finds no error without its invocation.
void count_invocation(VariantCounters& counters, const Call& call, Call::Clock::duration took, bool went_well, unsigned status) {
  if (!went_well) {
    counters.model_errors.fetch_add(1, std::memory_order_relaxed);
    auto& kind = status >= 400 && status < 500 ? counters.errors_4xx : counters.errors_5xx;
    kind.fetch_add(1, std::memory_order_relaxed);
  }
  if (call.asked.arrived != Call::Clock::time_point()) counters.overhead.add(latency_micros(call.started - call.asked.arrived));
  counters.model_latency.add(latency_micros(took));
}

}  // namespace

void LoopClient::complete(std::unique_ptr<Call> call, Outcome<InvocationAnswer> result, unsigned status) {
  if (call->is_linked()) call->unlink();
  auto took = Call::Clock::now() - call->started;
  latency_.observe(std::chrono::duration<double>(took).count());
  if (!result) errors_.add();
  count_invocation(*call->variant_target().counters, *call, took, result.ok(), status);
  auto done = std::move(call->done);
  call.reset();
  done(std::move(result));
}

void LoopClient::watch_deadline(Call& call) {
  auto at = by_deadline_.end();  // nearly always the place: the timeouts are equal
  while (at != by_deadline_.begin() && std::prev(at)->deadline > call.deadline) --at;
  by_deadline_.insert(at, call);
  bool first = &by_deadline_.front() == &call;
  if (first && (!deadline_armed_ || call.deadline < deadline_timer_->expiry())) arm_deadline();
}

void LoopClient::arm_deadline() {
  deadline_armed_ = true;
  deadline_timer_->expires_at(by_deadline_.front().deadline);
  deadline_timer_->async_wait([this](const boost::system::error_code& error) {
    if (!error) pass_deadlines();
  });
}

void LoopClient::pass_deadlines() {
  deadline_armed_ = false;
  auto now = Call::Clock::now();
  while (!by_deadline_.empty() && by_deadline_.front().deadline <= now) {
    Call& call = by_deadline_.front();
    by_deadline_.pop_front();
    if (call.carrier) call.carrier->time_out();  // else it waits for a connection, and looks at its deadline itself
  }
  if (!by_deadline_.empty() && !deadline_armed_) arm_deadline();
}

void LoopClient::arm_sweep() {
  if (sweep_armed_) return;
  sweep_armed_ = true;
  sweep_timer_->expires_after(idle_for / 2);
  sweep_timer_->async_wait([this](const boost::system::error_code& error) {
    if (!error) sweep();
  });
}

void LoopClient::sweep() {
  sweep_armed_ = false;
  auto oldest = Call::Clock::now() - idle_for;
  for (auto& [serial, pool] : idle_)
    std::erase_if(pool, [&](const auto& connection) { return connection->idle_since < oldest; });
  std::erase_if(idle_, [](const auto& pool) { return pool.second.empty(); });
  if (!idle_.empty()) arm_sweep();
}

double LoopClient::draw() {
  // splitmix64: ample for sharing out traffic
  std::uint64_t value = (random_ += 0x9E3779B97F4A7C15ull);
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ull;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBull;
  return static_cast<double>((value ^ (value >> 31)) >> 11) * 0x1.0p-53;
}

}  // namespace clary::serving
