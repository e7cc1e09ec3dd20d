// What every launcher asks of a worker's spec before it makes anything of it. Thread rule: any thread. Invariant: what
// passes can be told to clary-init, which reads words that end in NUL, and names no folder by way of another.
#pragma once

#include "base/outcome.hpp"
#include "workers/launcher.hpp"

namespace clary::workers {

Outcome<void> check_worker(const WorkerSpec& spec);

}  // namespace clary::workers
