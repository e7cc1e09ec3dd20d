// One invocation on its way: what was asked, where it goes, who waits. Owned by the connection that carries it, or by
// the loop while it is between two. Thread rule: the loop's thread. Invariant: `done` is called once; the replica's
// in_flight counts it from bind() to its end.
#pragma once

#include <boost/intrusive/list.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "serving/endpoints.hpp"
#include "serving/table.hpp"

namespace clary::serving {

struct CallLimits {
  std::chrono::milliseconds timeout{60000};
  std::size_t answer_bytes = 64 * 1024 * 1024;
  std::int64_t in_flight = 1024;  // a replica's
};

using InvocationDone = std::function<void(Outcome<InvocationAnswer>)>;

struct Call : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  using Clock = std::chrono::steady_clock;

  Invocation asked;
  InvocationDone done;
  CallLimits limits;
  std::shared_ptr<const EndpointTarget> endpoint;
  std::size_t variant = 0;
  std::shared_ptr<ReplicaTarget> replica;
  Clock::time_point started, deadline;
  std::chrono::milliseconds pause{5};     // before the worker's full queue is tried again
  bool sent = false;                      // a worker may have seen some of it
  bool again = false;                     // it was sent once more because a kept connection turned out closed
  std::vector<std::uint64_t> refused_by;  // replicas where nobody listened
  class Connection* carrier = nullptr;    // whoever has to be interrupted at the deadline

  ~Call() { unbind(); }
  void bind(std::shared_ptr<ReplicaTarget> to) {
    unbind();
    replica = std::move(to);
    replica->in_flight.fetch_add(1, std::memory_order_relaxed);
  }
  void unbind() {
    if (replica) replica->in_flight.fetch_sub(1, std::memory_order_relaxed);
    replica.reset();
  }
  void suspect() {
    if (replica && !replica->suspected.exchange(true) && replica->on_trouble) replica->on_trouble();
  }
  const VariantTarget& variant_target() const { return endpoint->variants[variant]; }
};

}  // namespace clary::serving
