#include "jobs/alarm.hpp"

#include <algorithm>

namespace clary::jobs {

Alarm::Alarm() : thread_([this] { run(); }) {}

std::shared_ptr<void> Alarm::after(std::chrono::milliseconds wait, std::function<void()> call) {
  // A job may name a limit that no clock reaches.
  const auto bounded =
      std::clamp(wait, std::chrono::milliseconds(0), std::chrono::milliseconds(std::chrono::hours(24 * 365)));
  auto handle = std::make_shared<int>();
  std::lock_guard lock(mutex_);
  std::erase_if(calls_, [](const auto& entry) { return entry.second.handle.expired(); });
  calls_.emplace(std::chrono::steady_clock::now() + bounded, Call{handle, std::move(call)});
  change_.notify_one();
  return handle;
}

void Alarm::stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    change_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Alarm::run() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    if (calls_.empty()) {
      change_.wait(lock);
      continue;
    }
    auto next = calls_.begin();
    if (next->first > std::chrono::steady_clock::now()) {
      const auto due = next->first;  // a copy: the call may be taken back while this waits
      change_.wait_until(lock, due);
      continue;
    }
    Call call = std::move(next->second);
    calls_.erase(next);
    lock.unlock();
    if (auto alive = call.handle.lock()) call.call();
    lock.lock();
  }
}

}  // namespace clary::jobs
