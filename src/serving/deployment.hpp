// What an endpoint's record remembers of its life (Record::state): the deployment that serves and the one that is being
// rolled out. Plain values and their JSON. Thread rule: pure functions. Invariant: a generation's number is given once;
// `serving` has answered /ping, `target` has not yet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "serving/endpoint.hpp"

namespace clary::serving {

struct Deployment {
  std::int64_t generation = 0;
  std::string config_name;
  std::vector<VariantSpec> variants;
};

struct EndpointState {
  std::int64_t revision = 0;  // grows with each time it is stored
  std::int64_t last_generation = 0;
  std::optional<Deployment> serving, target;
  std::string failure_reason;
};

std::string to_json(const EndpointState& state);
Outcome<EndpointState> state_from_json(const std::string& text);

}  // namespace clary::serving
