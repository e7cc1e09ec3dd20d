#include "jobs/work_pool.hpp"

namespace clary::jobs {

WorkPool::WorkPool(unsigned threads) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

void WorkPool::post(std::function<void()> work) {
  std::lock_guard lock(mutex_);
  if (stopped_) return;
  queue_.push_back(std::move(work));
  change_.notify_one();
}

void WorkPool::stop() {
  std::deque<std::function<void()>> dropped;
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    dropped.swap(queue_);
    change_.notify_all();
  }
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void WorkPool::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    change_.wait(lock, [&] { return stopped_ || !queue_.empty(); });
    if (stopped_) return;
    auto work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
    work = nullptr;  // what it holds may take long to let go of, or may post
    lock.lock();
  }
}

void Serial::post(std::function<void()> work) {
  std::lock_guard lock(mutex_);
  queue_.push_back(std::move(work));
  if (scheduled_) return;
  scheduled_ = true;
  pool_->post([self = shared_from_this()] { self->run_one(); });
}

void Serial::run_one() {
  std::function<void()> work;
  {
    std::lock_guard lock(mutex_);
    work = std::move(queue_.front());
    queue_.pop_front();
  }
  work();
  work = nullptr;
  std::lock_guard lock(mutex_);
  scheduled_ = !queue_.empty();
  // Back to the end of the pool's queue: no job keeps a thread from the others.
  if (scheduled_) pool_->post([self = shared_from_this()] { self->run_one(); });
}

}  // namespace clary::jobs
