#include "server/surroundings.hpp"

#include <cstdlib>

#include "server/worker_tokens.hpp"

namespace clary::server {

namespace {

constexpr const char* bundle_inside = "/opt/clary/ca-bundle.pem";
// Where pip looks for packages is the host's matter: a job finds the same index as its host does.
constexpr const char* pip_variables[] = {"PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT", "UV_INDEX_URL", "UV_DEFAULT_INDEX"};

}  // namespace

workers::SurroundingsOf make_surroundings(SurroundingsPlan plan) {
  return [plan](const Scope& scope, const std::string& role_arn, const std::string& worker_id) {
    workers::Surroundings result;
    std::string origin = fmt::format("http://127.0.0.1:{}", plan.port);
    std::string bundle = plan.sandbox ? bundle_inside : plan.bundle;
    auto& environment = result.environment;
    environment["AWS_ENDPOINT_URL"] = origin;
    environment["AWS_REGION"] = environment["AWS_DEFAULT_REGION"] = scope.region;
    environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = origin + "/-/credentials";
    environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = make_worker_token(plan.keys.installation(), {worker_id, role_arn, scope});
    environment["AWS_CA_BUNDLE"] = environment["REQUESTS_CA_BUNDLE"] = bundle;
    environment["NO_PROXY"] = environment["no_proxy"] = "127.0.0.1,localhost";
    if (plan.proxy) environment["HTTPS_PROXY"] = environment["https_proxy"] = origin;
    for (const char* name : pip_variables) {
      if (const char* value = std::getenv(name)) environment[name] = value;
    }
    if (plan.sandbox) result.mounts.push_back({plan.bundle, bundle_inside, false});
    return result;
  };
}

}  // namespace clary::server
