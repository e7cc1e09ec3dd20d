// Which hosts of jobs work, and what they have used since they began: for whoever keeps figures of it. Owned by the machine of jobs. Thread rule: any
// thread. Invariant: a worker is told of as long as it runs.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/arn.hpp"
#include "workers/launcher.hpp"
#include "workers/slots.hpp"

namespace clary::jobs {

struct HostUse {
  Scope scope;
  std::string log_group;   // of the job's kind
  std::string job, host;   // "algo-1"
  std::string worker;      // its id
  workers::Share share;    // what it may use
  std::uint64_t disk = 0;  // bytes that it may use
  workers::Usage usage;
};

class HostUses {
 public:
  void add(HostUse of, const std::shared_ptr<workers::Worker>& worker);
  std::vector<HostUse> look();

 private:
  struct Entry {
    HostUse of;
    std::weak_ptr<workers::Worker> worker;
  };
  std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace clary::jobs
