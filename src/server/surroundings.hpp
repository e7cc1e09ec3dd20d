// What every worker gets beside its own work: the environment of `clary env`, seen from inside its sandbox. Thread rule: the returned function may be
// called from any thread.
#pragma once

#include <string>

#include "auth/identity.hpp"
#include "workers/surroundings.hpp"

namespace clary::server {

struct SurroundingsPlan {
  const auth::Keys& keys;
  std::string bundle;       // on the host: the certificates to trust
  std::uint16_t port;       // where the forwarder listens inside
  bool proxy = true;        // CONNECT is answered here
  bool sandbox = true;      // else paths inside are paths of the host
};
workers::SurroundingsOf make_surroundings(SurroundingsPlan plan);

}  // namespace clary::server
