// Waits for the workers of this host to end, on one thread: a pidfd each, no signals, no polling. Kills those whose
// grace is over. Owned by the launcher, which ends it; workers go on then. Thread rule: any thread; on_exit callbacks
// run on its thread. Invariant: every child that was added is reaped.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <sys/types.h>
#include <thread>
#include <unordered_map>

#include "io/file.hpp"

namespace clary::workers {

class ProcessWorker;

class Watch {
 public:
  Watch();
  ~Watch() { end(); }
  // No callback runs after it. Not from a callback.
  void end();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  void add(std::shared_ptr<ProcessWorker> worker);
  // A child of ours to reap when it ends (bubblewrap's outer process, or clary-init itself without a sandbox).
  void reap(pid_t child);
  void kill_after(std::shared_ptr<ProcessWorker> worker, std::chrono::milliseconds grace);

 private:
  using Instant = std::chrono::steady_clock::time_point;
  void run();
  void wake();
  int wait_ms();
  void handle(std::uint64_t key);
  void kill_late();

  const io::File epoll_, event_;
  std::mutex mutex_;
  bool ending_ = false;
  std::uint64_t next_key_ = 1;
  std::unordered_map<std::uint64_t, std::shared_ptr<ProcessWorker>> workers_;
  struct Child {
    pid_t pid = 0;
    io::File process;
  };
  std::unordered_map<std::uint64_t, Child> children_;
  std::multimap<Instant, std::weak_ptr<ProcessWorker>> deadlines_;
  std::thread thread_;
};

}  // namespace clary::workers
