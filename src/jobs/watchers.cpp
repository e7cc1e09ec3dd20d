#include "jobs/watchers.hpp"

namespace clary::jobs {

std::shared_ptr<void> Watchers::add(std::int64_t job, std::function<void()> callback) {
  // The handle takes its entry away with it, so that clients that come and go leave nothing behind.
  auto* token = new int(0);
  std::shared_ptr<void> handle(token, [job, token, weak = weak_from_this()](void*) {
    if (auto self = weak.lock()) {
      std::function<void()> dropped;
      std::lock_guard lock(self->mutex_);
      auto [entry, end] = self->waiting_.equal_range(job);
      for (; entry != end; ++entry) {
        if (!entry->second.handle.expired()) continue;
        dropped = std::move(entry->second.callback);
        self->waiting_.erase(entry);
        break;
      }
    }
    delete token;
  });
  std::lock_guard lock(mutex_);
  waiting_.emplace(job, Entry{handle, std::move(callback)});
  return handle;
}

void Watchers::tell(std::int64_t job) {
  std::vector<Entry> told;
  {
    std::lock_guard lock(mutex_);
    auto [first, last] = waiting_.equal_range(job);
    for (auto entry = first; entry != last; ++entry) told.push_back(std::move(entry->second));
    waiting_.erase(first, last);
  }
  for (auto& entry : told) {
    if (auto alive = entry.handle.lock()) entry.callback();
  }
}

}  // namespace clary::jobs
