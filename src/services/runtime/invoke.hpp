// SageMaker Runtime: InvokeEndpoint. Started on the HTTP loop with a verified caller, it never blocks; `done` runs once.
#pragma once

#include <functional>
#include <string>

#include "http/message.hpp"
#include "serving/endpoints.hpp"

namespace clary::services::runtime {

void invoke_endpoint(serving::Endpoints& endpoints, const Scope& scope, const http::Request& request, std::string body,
                     std::function<void(http::Response)> done);

}  // namespace clary::services::runtime
