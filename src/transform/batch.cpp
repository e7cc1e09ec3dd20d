#include "transform/batch.hpp"

namespace clary::transform {

namespace {

constexpr std::size_t most_bytes = 100 << 20;  // of payloads and rows together; AWS bounds what is under way by the same

}  // namespace

bool Line::full() const {
  return in_order_.size() >= 2 * senders_ + 2 || (bytes_ >= most_bytes && in_order_.size() > 1);
}

bool Line::add(std::shared_ptr<Batch> batch) {
  std::unique_lock lock(mutex_);
  change_.wait(lock, [&] { return closed_ || !full(); });
  if (closed_) return false;
  batch->weight = batch->payload.size() + batch->rows.size();
  bytes_ += batch->weight;
  if (!batch->done) to_send_.push_back(batch);
  in_order_.push_back(std::move(batch));
  change_.notify_all();
  return true;
}

std::shared_ptr<Batch> Line::take() {
  std::unique_lock lock(mutex_);
  change_.wait(lock, [&] { return closed_ || ended_ || !to_send_.empty(); });
  if (closed_ || to_send_.empty()) return nullptr;
  auto batch = std::move(to_send_.front());
  to_send_.pop_front();
  return batch;
}

void Line::done(Batch& batch) {
  std::lock_guard lock(mutex_);
  batch.payload = {};
  batch.done = true;
  change_.notify_all();
}

std::shared_ptr<Batch> Line::first_done() {
  std::unique_lock lock(mutex_);
  change_.wait(lock, [&] {
    return closed_ || (in_order_.empty() ? ended_ : in_order_.front()->done);
  });
  if (closed_ || in_order_.empty()) return nullptr;
  auto batch = std::move(in_order_.front());
  in_order_.pop_front();
  bytes_ -= batch->weight;
  change_.notify_all();
  return batch;
}

void Line::end() {
  std::lock_guard lock(mutex_);
  ended_ = true;
  change_.notify_all();
}

void Line::close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  change_.notify_all();
}

void Line::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  change_.wait_for(lock, time, [&] { return closed_.load(); });
}

}  // namespace clary::transform
