// The bearer tokens by which workers fetch credentials of their role (AWS_CONTAINER_AUTHORIZATION_TOKEN). Stateless: a token carries the
// worker, role and scope under a MAC of the installation's master key, so that it outlives a restart of the server.
// Thread rule: any thread. Invariant: a token is good only while its worker's folder exists.
#pragma once

#include <optional>
#include <string>

#include "auth/identity.hpp"
#include "base/arn.hpp"
#include "http/message.hpp"

namespace clary::server {

struct WorkerClaim {
  std::string worker_id, role_arn;
  Scope scope;
};

std::string make_worker_token(const auth::Installation& installation, const WorkerClaim& claim);
std::optional<WorkerClaim> read_worker_token(const auth::Installation& installation, std::string_view token);

// Answers GET /-/credentials as the AWS SDKs' container provider reads it; 401 for a bad token.
http::Response answer_credentials(const auth::Keys& keys, const std::string& workers_folder, const http::Request& request);

}  // namespace clary::server
