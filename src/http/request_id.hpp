// The id that a request goes by in its answer and in the log. Thread rule: any thread.
// Invariant: a version 4 UUID in lower case; unique, but not secret.
#pragma once

#include <string>

namespace clary::http {

std::string new_request_id();

}  // namespace clary::http
