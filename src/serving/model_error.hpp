// The errors of InvokeEndpoint, in AWS's words. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/arn.hpp"
#include "base/error.hpp"

namespace clary::serving {

std::string log_group_of(std::string_view endpoint);

// The model answered with this status and body (anything but 2xx). Status 0: there was no answer, and the body says
// why.
Error model_error(const Scope& scope, std::string_view endpoint, unsigned status, std::string_view body);
Error invocation_timed_out(const Scope& scope, std::string_view endpoint);
Error endpoint_not_found(const Scope& scope, std::string_view endpoint);
Error variant_not_found(std::string_view endpoint, std::string_view variant);
Error no_replica(std::string_view endpoint, std::string_view variant);
Error overloaded(std::string_view endpoint);

}  // namespace clary::serving
