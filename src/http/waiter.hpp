// A one-shot wake-up between threads: whoever waits leaves a callback, whoever knows wakes it.
// Shared by both sides. Thread rule: any thread. Invariant: the callback runs once at most, also when woken before it
// was left.
#pragma once

#include <functional>
#include <mutex>
#include <utility>

namespace clary::http {

class Waiter {
 public:
  void wake() {
    std::function<void()> callback;
    {
      std::lock_guard lock(mutex_);
      if (woken_) return;
      woken_ = true;
      callback = std::exchange(callback_, nullptr);
    }
    if (callback) callback();
  }
  void on_wake(std::function<void()> callback) {
    {
      std::lock_guard lock(mutex_);
      if (!woken_) {
        callback_ = std::move(callback);
        return;
      }
    }
    callback();
  }
  // The waiting side gave up: the callback will not run after this returns... unless it is running already.
  void forget() {
    std::lock_guard lock(mutex_);
    callback_ = nullptr;
  }
  bool woken() const {
    std::lock_guard lock(mutex_);
    return woken_;
  }

 private:
  mutable std::mutex mutex_;
  bool woken_ = false;
  std::function<void()> callback_;
};

}  // namespace clary::http
