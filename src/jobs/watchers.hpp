// Who waits for which job's end. Thread rule: any thread; callbacks run on the thread that calls tell(). Invariant: a
// callback runs at most once, and is not begun once its handle is gone.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace clary::jobs {

class Watchers : public std::enable_shared_from_this<Watchers> {
 public:
  std::shared_ptr<void> add(std::int64_t job, std::function<void()> callback);
  void tell(std::int64_t job);

 private:
  std::mutex mutex_;
  struct Entry {
    std::weak_ptr<void> handle;
    std::function<void()> callback;
  };
  std::multimap<std::int64_t, Entry> waiting_;
};

}  // namespace clary::jobs
