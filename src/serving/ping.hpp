// One GET /ping at a worker's socket. Owned by the coroutine that asks. Thread rule: control thread.
// Invariant: it ends within its timeout, and as soon as whoever waits gives up.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "serving/control_loop.hpp"
#include "models/worker_socket.hpp"

namespace clary::serving {

enum class PingResult { fine, refused, silent };  // silent: no answer in time, or not a good one

Task<PingResult> ping(ControlLoop& loop, const models::WorkerSocket& socket, std::shared_ptr<Signal> signal,
                      std::function<bool()> abandoned, std::chrono::milliseconds timeout);

}  // namespace clary::serving
