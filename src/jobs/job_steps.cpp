#include "jobs/job_steps.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <memory>

#include "jobs/log.hpp"

namespace clary::jobs {

std::function<bool(std::string_view)> steps_of_environment() {
  const char* at = std::getenv("CLARY_TEST_DIE_AT");
  if (at == nullptr) return {};
  auto steps = std::make_shared<std::atomic<long>>(0);
  return [steps, last = std::atol(at)](std::string_view step) {
    const long count = ++*steps;
    log_.info("step {} of jobs: {}", count, step);
    if (count == last) ::raise(SIGKILL);
    return true;
  };
}

}  // namespace clary::jobs
