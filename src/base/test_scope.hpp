// The account and regions of unit tests.
#pragma once

#include "base/arn.hpp"

namespace clary {

inline const Scope here{"000000000000", "us-east-1"};
inline const Scope elsewhere{"000000000000", "eu-west-1"};

}  // namespace clary
