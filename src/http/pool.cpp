#include "http/pool.hpp"

#include <limits>
#include <system_error>
#include <utility>

#include "http/figures.hpp"

namespace clary::http {

Pool::Pool(unsigned threads, std::size_t queue) : max_threads_(threads == 0 ? 1 : threads), max_queue_(queue) {}

Pool::~Pool() {
  stop();
}

bool Pool::submit(std::shared_ptr<Work> work) {
  return push(std::move(work), max_queue_);
}

bool Pool::resume(std::shared_ptr<Work> work) {
  return push(std::move(work), std::numeric_limits<std::size_t>::max());
}

bool Pool::push(std::shared_ptr<Work> work, std::size_t bound) {
  Sleeper* sleeper = nullptr;
  {
    std::lock_guard lock(mutex_);
    // What an idle or a new thread will take at once does not wait, so it does not count against the bound.
    auto starting = idle_.size() + (max_threads_ - threads_.size());
    if (stopping_ || (queue_.size() >= bound && queue_.size() - bound >= starting + waking_)) return false;
    queue_.push_back(std::move(work));
    figures().pool_queue.add(1);
    if (waking_ >= queue_.size()) return true;
    if (!idle_.empty()) {
      sleeper = idle_.back();
      idle_.pop_back();
      sleeper->woken = true;
      ++waking_;
    } else if (threads_.size() < max_threads_) {
      try {
        threads_.emplace_back([this] { serve(); });
        ++waking_;
      } catch (const std::system_error&) {
        // The host gives no more threads: those that there are will come to it.
        if (threads_.empty()) {
          queue_.pop_back();
          figures().pool_queue.add(-1);
          return false;
        }
      }
    }
  }
  // Without the lock, which it takes next.
  if (sleeper) sleeper->wake.notify_one();
  return true;
}

void Pool::serve() {
  std::unique_lock lock(mutex_);
  Sleeper& self = sleepers_.emplace_back();
  --waking_;
  while (true) {
    while (!queue_.empty()) {
      auto work = std::move(queue_.front());
      queue_.pop_front();
      figures().pool_queue.add(-1);
      lock.unlock();
      work->run();
      work.reset();
      lock.lock();
    }
    if (stopping_) return;
    self.woken = false;
    idle_.push_back(&self);
    self.wake.wait(lock, [&] { return self.woken; });
    if (!stopping_) --waking_;
  }
}

void Pool::stop() {
  std::vector<std::thread> threads;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    for (auto* sleeper : idle_) {
      sleeper->woken = true;
      sleeper->wake.notify_one();
    }
    idle_.clear();
    threads.swap(threads_);
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace clary::http
