// Threads that the machine's work runs on, and Serial: work that runs one piece at a time, in order, on them.
// Owned by the machine. Thread rule: post() from any thread. Invariant: after stop() nothing runs any more, and nothing
// that is posted ever will. The queue is as long as the jobs that the machine takes (it bounds them), each with a few
// pieces at a time.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace clary::jobs {

class WorkPool {
 public:
  explicit WorkPool(unsigned threads);
  ~WorkPool() { stop(); }
  void post(std::function<void()> work);
  // Drops what waits and returns when what runs has ended. Not from a thread of its own.
  void stop();

 private:
  void run();
  std::mutex mutex_;
  std::condition_variable change_;
  std::deque<std::function<void()>> queue_;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

class Serial : public std::enable_shared_from_this<Serial> {
 public:
  explicit Serial(std::shared_ptr<WorkPool> pool) : pool_(std::move(pool)) {}
  void post(std::function<void()> work);

 private:
  void run_one();
  std::shared_ptr<WorkPool> pool_;
  std::mutex mutex_;
  std::deque<std::function<void()>> queue_;
  bool scheduled_ = false;
};

}  // namespace clary::jobs
