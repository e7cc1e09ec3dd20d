#include "serving/room.hpp"

#include <algorithm>

namespace clary::serving {

Outcome<workers::Share> reserved_share(const std::string& instance_type, const workers::Share& host) {
  TRY(workers::Share share, workers::share_of(instance_type, host));
  return workers::Share{0, std::min(share.memory, host.memory / 32)};
}

Outcome<workers::Limits> limits_of(const std::string& instance_type, const workers::Share& host) {
  TRY(workers::Share share, workers::share_of(instance_type, host));
  workers::Limits limits;
  limits.cpus = share.cpus;
  limits.memory = share.memory;
  limits.gpus = share.gpus;
  return limits;
}

workers::Share serving_room(const workers::Share& host) {
  return {host.cpus, host.memory / 2};
}

}  // namespace clary::serving
