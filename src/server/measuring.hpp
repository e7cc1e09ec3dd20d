// What the server measures of itself and keeps as CloudWatch's metrics: endpoints' invocations (namespace AWS/SageMaker), what the hosts of jobs
// use, and the host's slots (namespace Clary) for whoever wants to see what is free. Thread rule: keep_measuring() is a thread's own. Invariant: at its end all that was counted is
// stored, as far as the store can.
#pragma once

#include <functional>
#include <stop_token>
#include <vector>

#include "jobs/host_uses.hpp"
#include "services/context.hpp"
#include "workers/slots.hpp"

namespace clary::server {

struct Measured {
  services::Parts parts;
  const workers::Slots& slots;
  std::function<std::vector<jobs::HostUse>()> host_uses;
  Scope scope;  // whose the slots' metrics are
};

void keep_measuring(const Measured& measured, const std::stop_token& stop);

}  // namespace clary::server
