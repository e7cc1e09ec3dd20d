// Errors as AWS names them: one table of kinds, with what single services call differently. Thread rule: pure functions.
#pragma once

#include <string>

#include "base/outcome.hpp"
#include "wire/shape.hpp"
#include "wire/violations.hpp"

namespace clary::services {

struct NamedError {
  std::string code;
  unsigned status;
  std::string query_code{};  // of a service that once spoke the query protocol alone, in its other protocols: the code of then
};
// In the protocol of the request, or the service's first.
NamedError name_of(const Error& error, const wire::Service& service, wire::Protocol protocol);
inline NamedError name_of(const Error& error, const wire::Service& service) { return name_of(error, service, service.protocol); }

// The error of a request that breaks its model; some services have one of their own for a parameter that is missing.
Outcome<void> check(const wire::Violations& violations, const wire::Service& service);

}  // namespace clary::services
