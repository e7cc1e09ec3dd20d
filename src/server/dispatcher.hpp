// From a request's head to its service: the one place that every request passes. Reads who claims to call, finds the service by the credential
// scope, target and path, verifies the signature and hands over. Owned by the composition root.
// Thread rule: route() on loop threads, handlers on pool threads. Invariant: nothing is answered without a valid signature but the addresses
// below /-/ that say so, CORS preflights and the credentials address of a worker.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "auth/signature.hpp"
#include "http/server.hpp"
#include "services/context.hpp"
#include "services/s3/service.hpp"

namespace clary::server {

// What lies below /-/ : answers, or nothing when there is no such path.
using OwnPaths = std::function<std::optional<http::Route>(http::Request& request)>;

class Dispatcher {
 public:
  Dispatcher(services::Parts parts, const auth::Verifier& verifier, services::s3::Service& s3, OwnPaths own_paths);
  http::Route route(http::Request& request);
  static http::Response malformed(unsigned status, const std::string& why);

 private:
  http::Route route_signed(http::Request& request, const auth::Claim& claim);
  http::Response run(const struct Served& served, const auth::Claim& claim, http::Request& request, std::string_view body);
  void invoke(const auth::Claim& claim, std::chrono::steady_clock::time_point arrived, const http::Request& request, std::string body,
              std::function<void(http::Response)> done);

  services::Parts parts_;
  const auth::Verifier& verifier_;
  services::s3::Service& s3_;
  OwnPaths own_paths_;
};

// The parts of a request that its signature covers, as views into it.
auth::SignedMessage to_message(const http::Request& request);
// Verifies a request whose body is there whole; the Error has the service's own name for what is wrong.
Outcome<auth::Verified> verify_whole(const auth::Verifier& verifier, const auth::Claim& claim, const http::Request& request, std::string_view body);

}  // namespace clary::server
