// What every worker gets beside its own work: the environment of `clary env` (endpoint, region, proxy, CA bundle) with
// the credentials address of its role, and the files that go with it. The composition root makes it; jobs and serving
// merge it into their specs. Thread rule: the function may be called from any thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/arn.hpp"
#include "workers/launcher.hpp"

namespace clary::workers {

struct Surroundings {
  std::map<std::string, std::string> environment;
  std::vector<Mount> mounts;
};

using SurroundingsOf =
    std::function<Surroundings(const Scope& scope, const std::string& role_arn, const std::string& worker_id)>;

}  // namespace clary::workers
