// The host's room for work: CPU, memory and GPUs, given out in order of asking. An instance type asks for its share, scaled
// down to the host where the host is smaller, so that a laptop runs the cloud's notebooks. Thread rule: any thread;
// callbacks run on the releasing thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/outcome.hpp"

namespace clary::workers {

struct Share {
  double cpus = 1;
  std::uint64_t memory = 0;  // bytes
  unsigned gpus = 0;
};

// The vCPUs, memory and GPUs that AWS documents for an instance type ("ml.m4.xlarge": 4, 16 GiB), cut to the host's. Unknown:
// validation error.
Outcome<Share> share_of(const std::string& instance_type, const Share& host);
Share host_share();

class Slots {
 public:
  explicit Slots(Share host);
  // Calls `granted` (maybe at once, maybe from another thread) when the share is free; first come, first served.
  // The ticket gives the share back (or leaves the queue) when it is destroyed.
  class Ticket;
  std::shared_ptr<Ticket> ask(Share share, std::function<void()> granted);
  // "waiting for 2 CPUs: 1 of 2 free; 3 jobs are before it"; empty when granted.
  std::string waits_for(const Ticket& ticket) const;
  struct Use {
    Share total, used;
    std::size_t waiting = 0;
  };
  Use use() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace clary::workers
