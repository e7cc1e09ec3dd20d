#include "jobs/host_uses.hpp"

namespace clary::jobs {

void HostUses::add(HostUse of, const std::shared_ptr<workers::Worker>& worker) {
  std::lock_guard lock(mutex_);
  of.worker = worker->id();
  entries_.push_back({std::move(of), worker});
}

std::vector<HostUse> HostUses::look() {
  std::lock_guard lock(mutex_);
  std::vector<HostUse> found;
  std::erase_if(entries_, [&](Entry& entry) {
    auto worker = entry.worker.lock();
    if (!worker || worker->exit()) return true;  // after its end it uses nothing, which is no measurement
    entry.of.usage = worker->usage();
    found.push_back(entry.of);
    return false;
  });
  return found;
}

}  // namespace clary::jobs
