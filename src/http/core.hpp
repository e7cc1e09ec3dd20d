// What all connections of one server share. Private to http; owned by the server, outlives every connection.
// Thread rule: options, hooks and the pool from any thread; counts are atomic. Invariant: each bound of ServerOptions
// is held by the count of the same name.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "http/loop.hpp"
#include "http/pool.hpp"
#include "http/resolver.hpp"
#include "http/server.hpp"
#include "http/tls.hpp"

namespace clary::http {

struct Core {
  Core(ServerOptions o, ServerHooks h, std::shared_ptr<Authority> a)
      : options(std::move(o)),
        hooks(std::move(h)),
        authority(std::move(a)),
        pool(options.pool_threads, options.pool_queue),
        resolver(hooks.resolve) {}

  const ServerOptions options;
  const ServerHooks hooks;
  const std::shared_ptr<Authority> authority;
  Pool pool;
  Resolver resolver;
  TlsContext tls;  // the context that every handshake begins with
  std::vector<std::shared_ptr<Loop>> loops;
  std::vector<std::uint16_t> ports;  // that we listen on
  std::atomic<std::size_t> connections{0}, tunnels{0}, parked{0};

  void connection_ended() {
    if (connections.fetch_sub(1) != 1) return;
    std::lock_guard lock(mutex);
    all_ended.notify_all();
  }
  std::mutex mutex;
  std::condition_variable all_ended;
};

// A place among a bounded number; `got` tells whether there was one.
class Place {
 public:
  Place(std::atomic<std::size_t>& count, std::size_t most) : count_(count) {
    got_ = count_.fetch_add(1) < most;
    if (!got_) count_.fetch_sub(1);
  }
  ~Place() {
    if (got_) count_.fetch_sub(1);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  bool got() const { return got_; }

 private:
  std::atomic<std::size_t>& count_;
  bool got_ = false;
};

}  // namespace clary::http
