// The bounded pool of threads on which blocking handlers run. Owned by the server.
// Thread rule: any thread. Invariant: at most `threads` run and `queue` wait; a thread is started only when none is
// idle, and at most one is woken for each piece of work that waits.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace clary::http {

class Work {
 public:
  virtual ~Work() = default;
  virtual void run() = 0;  // must not throw
};

class Pool {
 public:
  Pool(unsigned threads, std::size_t queue);
  ~Pool();
  // False: the queue is full, or the pool has stopped.
  bool submit(std::shared_ptr<Work> work);
  // For the next step of work that was let in before: the queue's bound does not apply. False: the pool has stopped.
  bool resume(std::shared_ptr<Work> work);
  // Runs what is queued, then joins every thread.
  void stop();

 private:
  struct Sleeper {
    std::condition_variable wake;
    bool woken = false;
  };
  bool push(std::shared_ptr<Work> work, std::size_t bound);
  void serve();

  const unsigned max_threads_;
  const std::size_t max_queue_;
  std::mutex mutex_;
  std::deque<std::shared_ptr<Work>> queue_;
  std::deque<Sleeper> sleepers_;  // one a thread: they outlive who wakes them
  std::vector<Sleeper*> idle_;  // the last to fall asleep is woken first: its caches are warm
  std::size_t waking_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace clary::http
