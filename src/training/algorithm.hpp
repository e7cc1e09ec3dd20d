// The built-in XGBoost algorithm as a job's host runs it: the container contract's files in, a model out. Thread rule: once in a
// process. Invariant: what fails, fails with an error that FailureReason may show.
#pragma once

#include <string>

#include "base/outcome.hpp"
#include "training/termination.hpp"

namespace clary::training {

struct Settings {
  std::string prefix = "/opt/ml";
  std::string environment;  // the folder of the runtime's environment, which has the library
};

Outcome<void> train(const Settings& settings, Termination& termination);

}  // namespace clary::training
