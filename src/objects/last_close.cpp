#include "objects/last_close.hpp"

namespace clary::objects {

LastClose::LastClose() : thread_([this](std::stop_token stop) { run(std::move(stop)); }) {}

void LastClose::close(io::File file) {
  {
    std::lock_guard lock(mutex_);
    if (waiting_.size() == most_waiting) return;  // closed where `file` ends
    waiting_.push_back(std::move(file));
  }
  arrived_.notify_one();
}

void LastClose::run(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (arrived_.wait(lock, stop, [&] { return !waiting_.empty(); })) {
    io::File file = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    file = {};
    lock.lock();
  }
}

}  // namespace clary::objects
