// Calls at a later time, from one thread: the limits of jobs' run times. Owned by the machine. Thread rule: any thread;
// what is called must be short. Invariant: a call whose handle is gone is not begun.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace clary::jobs {

class Alarm {
 public:
  Alarm();
  ~Alarm() { stop(); }
  // The handle forgets the call when it is destroyed.
  std::shared_ptr<void> after(std::chrono::milliseconds wait, std::function<void()> call);
  void stop();

 private:
  void run();
  struct Call {
    std::weak_ptr<void> handle;
    std::function<void()> call;
  };
  std::mutex mutex_;
  std::condition_variable change_;
  std::multimap<std::chrono::steady_clock::time_point, Call> calls_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace clary::jobs
