// What the hosts of jobs use, as CloudWatch's metrics of the namespaces /aws/sagemaker/TrainingJobs, ProcessingJobs and TransformJobs, by Host
// ("<job>/algo-1"). Thread rule: one thread. Invariant: CPU is told of the time between two looks, all else of the moment of a look.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "jobs/host_uses.hpp"
#include "meta/store.hpp"

namespace clary::services::sagemaker {

class JobHostMetrics {
 public:
  JobHostMetrics(meta::Store& store, std::function<std::vector<jobs::HostUse>()> look) : store_(store), look_(std::move(look)) {}
  Outcome<void> store(Time now);

 private:
  struct Before {
    double cpu_seconds = 0;
    Time time;
  };
  meta::Store& store_;
  std::function<std::vector<jobs::HostUse>()> look_;
  std::map<std::string, Before> before_;  // by worker
};

}  // namespace clary::services::sagemaker
