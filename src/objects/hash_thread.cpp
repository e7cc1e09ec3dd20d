#include "objects/hash_thread.hpp"

#include <algorithm>

namespace clary::objects {

bool HashThread::is_worthwhile(unsigned streams) {
  static const unsigned most = std::max(1u, std::thread::hardware_concurrency() / 2);
  return streams <= most;
}

HashThread::HashThread(Md5 md5, std::size_t ring) : md5_(md5), ring_(ring), thread_([this] { run(); }) {}

HashThread::~HashThread() {
  end();
}

void HashThread::push(std::string_view data) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return pushed_ - done_ < ring_.size(); });
  ring_[pushed_++ % ring_.size()] = data;
  lock.unlock();
  changed_.notify_all();
}

void HashThread::wait_until_done(std::uint64_t pieces) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return done_ >= pieces; });
}

std::string HashThread::finish() {
  end();
  return md5_.finish();
}

void HashThread::end() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void HashThread::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return ending_ || done_ < pushed_; });
    if (done_ == pushed_) return;
    std::string_view data = ring_[done_ % ring_.size()];
    lock.unlock();
    md5_.update(data);
    lock.lock();
    ++done_;
    changed_.notify_all();
  }
}

}  // namespace clary::objects
