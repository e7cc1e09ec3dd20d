// Errors as AWS names them: one table of kinds, with what single services call differently. Thread rule: pure functions.
#pragma once

#include <string>

#include "base/error.hpp"
#include "wire/shape.hpp"

namespace clary::services {

struct NamedError {
  std::string code;
  unsigned status;
};
NamedError name_of(const Error& error, const wire::Service& service);

}  // namespace clary::services
