// The hosts of a training job with several instances: who they are, who of them has data, and their meeting. The first host
// calls the roll, starts the tracker and tells the others where it is. Thread rule: one gathering in a process.
// Invariant: every host that takes part sees the same number of hosts, and the same order of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "xgboost/collective.hpp"

namespace clary::training {

struct Hosts {
  std::string current;
  std::vector<std::string> names;  // sorted
  bool leads() const { return current == names.front(); }
};

// resourceconfig.json.
Outcome<Hosts> read_hosts(const std::string& json);

struct Gathered {
  bool takes_part = false;
  std::shared_ptr<void> tracker;                    // what has to live until the training is over
  std::unique_ptr<xgboost::Collective> collective;  // none: one host alone takes part
};

// Waits until all hosts have said whether they have data.
Outcome<Gathered> gather(const Hosts& hosts, const std::shared_ptr<const xgboost::Library>& library, bool has_data);

}  // namespace clary::training
