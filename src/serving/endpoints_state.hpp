// What Endpoints is made of. Private to serving. Thread rule: `live` on the control thread, the watches under their
// mutex, `counted` by the one caller of take_counts(), the rest by themselves.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "serving/endpoints.hpp"
#include "serving/live_endpoint.hpp"

namespace clary::serving {

// A callback that runs once, unless its owner has let it go before.
class Watch {
 public:
  explicit Watch(std::function<void()> callback) : callback_(std::move(callback)) {}
  void fire() {
    std::function<void()> callback;
    {
      std::lock_guard lock(mutex_);
      callback = std::exchange(callback_, nullptr);
    }
    if (callback) callback();
  }
  void forget() {
    std::lock_guard lock(mutex_);
    callback_ = nullptr;
  }

 private:
  std::mutex mutex_;
  std::function<void()> callback_;
};

struct Endpoints::State {
  explicit State(ServingParts given) : parts(std::move(given)) {}

  void adopt(std::int64_t id);                                           // any thread: the record was made or changed
  void bring_up(EndpointRecord endpoint, std::vector<ReplicaRow> rows);  // control thread
  bool changing(std::int64_t id) const;                                  // any thread: by its record
  void settled(std::int64_t id);                                         // control thread

  ServingParts parts;
  Publisher publisher;
  // The counters that take_counts() knows, until nobody counts in them any more.
  struct Counted {
    Scope scope;
    std::string endpoint, variant;
    std::size_t instances = 1;
    std::shared_ptr<VariantCounters> counters;
  };
  std::map<VariantCounters*, Counted> counted;
  std::mutex watches_mutex;
  std::unordered_map<std::int64_t, std::vector<std::weak_ptr<Watch>>> watches;
  ControlLoop loop{4};
  std::map<std::int64_t, std::shared_ptr<LiveEndpoint>> live;
};

}  // namespace clary::serving
