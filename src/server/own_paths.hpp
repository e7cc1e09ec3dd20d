// What lies below /-/ : health, readiness, metrics, the console, the credentials address of workers, and (signed with the root key) what the command
// line asks: status, runtimes and links to the console. Thread rule: route() on loop threads; handlers on pool threads.
// Invariant: status, runtimes and links answer the root key only.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "auth/signature.hpp"
#include "http/server.hpp"
#include "runtimes/catalogue.hpp"
#include "runtimes/environments.hpp"
#include "server/console.hpp"
#include "services/context.hpp"
#include "workers/slots.hpp"

namespace clary::server {

inline constexpr std::string_view own_scope = "clary";  // the service in the credential scope of signed requests below /-/

struct OwnParts {
  services::Parts services;
  const auth::Verifier& verifier;
  const runtimes::Catalogue& catalogue;
  runtimes::Environments& environments;
  workers::Slots& slots;
  Console& console;
  std::string workers_folder;
  const std::atomic<bool>& ready;
  Time started;
};

std::optional<http::Route> route_own(const OwnParts& parts, http::Request& request);

}  // namespace clary::server
