// SageMaker Runtime: InvokeEndpoint. Started on the HTTP loop with a verified caller, it never blocks; `done` runs once.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "http/message.hpp"
#include "serving/endpoints.hpp"

namespace clary::services::runtime {

// `arrived`: when the request's head had been read.
void invoke_endpoint(serving::Endpoints& endpoints, const Scope& scope, const http::Request& request, std::string body,
                     std::chrono::steady_clock::time_point arrived, std::function<void(http::Response)> done);

}  // namespace clary::services::runtime
