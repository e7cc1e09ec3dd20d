#include "serving/table.hpp"

namespace clary::serving {

namespace {
std::atomic<std::uint64_t> last_version{0};
}

void append_key(std::string& key, const Scope& scope, std::string_view name) {
  key.append(scope.account).append(1, '\n').append(scope.region).append(1, '\n').append(name);
}

Publisher::Publisher() {
  auto first = std::make_shared<Table>();
  first->version = ++last_version;
  version_ = first->version;
  table_ = std::move(first);
}

void Publisher::publish(const Scope& scope, const std::string& name, std::shared_ptr<const EndpointTarget> endpoint) {
  std::string key;
  append_key(key, scope, name);
  std::lock_guard lock(mutex_);
  auto next = std::make_shared<Table>(*table_);
  if (endpoint) {
    next->endpoints[key] = std::move(endpoint);
  } else {
    next->endpoints.erase(key);
  }
  next->version = ++last_version;
  version_.store(next->version, std::memory_order_release);
  table_ = std::move(next);
}

std::shared_ptr<const Table> Publisher::table() const {
  std::lock_guard lock(mutex_);
  return table_;
}

}  // namespace clary::serving
