// "The first look waits": SDKs look once at a new job or endpoint and then sleep 30 s, so the first Describe of each by each access key is held
// until there is something to tell. This remembers who has looked at what, and who waits. Owned by the composition root.
// Thread rule: any thread. Invariant: bounded; when it forgets, a look is held once more, never answered wrongly.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

namespace clary::services {

class FirstLook {
 public:
  // `most` zero turns the waiting off.
  explicit FirstLook(std::chrono::milliseconds most, std::size_t remembered = 100000) : most_(most), remembered_(remembered) {}
  std::chrono::milliseconds most() const { return most_; }
  // Whether this is the first look of that key at that resource; asking is looking. `id` tells a resource from an earlier one of its name.
  bool is_first(const std::string& access_key, const std::string& arn, std::int64_t id);
  // Who waits for that resource: end() runs `wake`, unless the handle is gone.
  std::shared_ptr<void> hold(const std::string& arn, std::function<void()> wake);
  // Something else happens to it (Stop, Delete): nobody is to wait for its end any longer.
  void end(const std::string& arn);

 private:
  std::chrono::milliseconds most_;
  std::size_t remembered_;
  std::mutex mutex_;
  std::unordered_set<std::string> looked_;
  std::deque<std::string> order_;
  std::multimap<std::string, std::shared_ptr<std::function<void()>>> waiting_;
};

}  // namespace clary::services
