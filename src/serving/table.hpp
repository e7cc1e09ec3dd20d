// The table of what serves, as the data path sees it: endpoints, their variants, the replicas that answered /ping.
// A Table is immutable; the control plane publishes a new one and each loop picks it up at its next invocation.
// Thread rule: Publisher::publish() from the control thread, all else from any thread. Invariant: a replica in the
// table that a loop holds stays usable (its handle lives) as long as that loop holds the table.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/arn.hpp"
#include "models/worker_socket.hpp"
#include "serving/variant_counters.hpp"

namespace clary::serving {

// A replica that may get traffic.
struct ReplicaTarget {
  std::uint64_t serial = 0;  // never given twice in a process: loops keep their connections by it
  models::WorkerSocket socket;
  std::string log_stream;            // "AllTraffic/i-0123456789abcdef"
  std::function<void()> on_trouble;  // any thread; told once until the control plane has looked (`suspected`)
  alignas(64) std::atomic<std::int64_t> in_flight{0};
  std::atomic<std::int64_t> connections{0};  // open ones, of all loops: a worker has a thread for each
  std::atomic<bool> suspected{false};
};

struct VariantTarget {
  std::string name;
  double weight = 1;
  std::vector<std::shared_ptr<ReplicaTarget>> replicas;
  std::shared_ptr<VariantCounters> counters;
};

struct EndpointTarget {
  Scope scope;
  std::string name;
  std::vector<VariantTarget> variants;
};

// One key for an endpoint in an account and region; names hold no '\n'.
void append_key(std::string& key, const Scope& scope, std::string_view name);

struct Table {
  std::uint64_t version = 0;  // unique in the process, 0 for none
  std::unordered_map<std::string, std::shared_ptr<const EndpointTarget>> endpoints;
};

class Publisher {
 public:
  Publisher();
  // Puts an endpoint's new row in, or takes its row out when `endpoint` is null.
  void publish(const Scope& scope, const std::string& name, std::shared_ptr<const EndpointTarget> endpoint);
  // The version of the newest table: one atomic load.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  std::shared_ptr<const Table> table() const;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Table> table_;
  std::atomic<std::uint64_t> version_{0};
};

}  // namespace clary::serving
