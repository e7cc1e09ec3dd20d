#include "services/context.hpp"

#include <fmt/format.h>

#include "auth/console_key.hpp"

namespace clary::services {

bool FirstLook::is_first(const std::string& access_key, const std::string& arn, std::int64_t id) {
  // The console looks again by itself.
  if (most_.count() == 0 || access_key.starts_with(auth::console_key_prefix)) return false;
  std::string look = fmt::format("{} {} {}", access_key, arn, id);
  std::lock_guard lock(mutex_);
  if (!looked_.insert(look).second) return false;
  order_.push_back(std::move(look));
  if (order_.size() > remembered_) {
    looked_.erase(order_.front());
    order_.pop_front();
  }
  return true;
}

std::shared_ptr<void> FirstLook::hold(const std::string& arn, std::function<void()> wake) {
  auto kept = std::make_shared<std::function<void()>>(std::move(wake));
  std::lock_guard lock(mutex_);
  auto place = waiting_.emplace(arn, kept);
  return std::shared_ptr<void>(kept.get(), [this, place](void*) {
    std::lock_guard gone(mutex_);
    waiting_.erase(place);
  });
}

void FirstLook::end(const std::string& arn) {
  std::vector<std::shared_ptr<std::function<void()>>> woken;
  {
    std::lock_guard lock(mutex_);
    for (auto [it, last] = waiting_.equal_range(arn); it != last; ++it) woken.push_back(it->second);
  }
  for (const auto& wake : woken) (*wake)();
}

Error Context::wait(const std::string& arn, const std::function<std::shared_ptr<void>(std::function<void()> wake)>& subscribe) {
  struct Subscribed : http::Waiter {
    std::shared_ptr<void> held, subscription;
  };
  auto subscribed = std::make_shared<Subscribed>();
  std::weak_ptr<http::Waiter> weak = subscribed;
  auto wake = [weak] {
    if (auto waiting = weak.lock()) waiting->wake();
  };
  subscribed->held = first_look.hold(arn, wake);
  subscribed->subscription = subscribe(wake);
  waiter = subscribed;
  return make_error(ErrorKind::parked, "waiting");
}

}  // namespace clary::services
