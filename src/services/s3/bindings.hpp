// Binds handlers to S3's operations. Constant after start; any thread.
// Invariant: the build fails when the bindings and operations.toml differ.
#pragma once

#include <string_view>

#include "services/s3/call.hpp"

namespace clary::services::s3 {

using Run = Outcome<http::Response> (*)(Call& call);
// Null: not served.
Run find_handler(std::string_view operation);

}  // namespace clary::services::s3
