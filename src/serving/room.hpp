// How much of the host a replica takes. Serving mostly waits, so a replica reserves no CPU (the kernel shares it out
// when several are busy) and a thirty-second of the memory at most: a laptop that serves two models still trains a third.
// What it may use at the most is another matter: all that its instance type has, cut to the host. Thread rule: pure
// functions.
#pragma once

#include <string>

#include "base/outcome.hpp"
#include "workers/launcher.hpp"
#include "workers/slots.hpp"

namespace clary::serving {

// What a replica asks of the slots.
Outcome<workers::Share> reserved_share(const std::string& instance_type, const workers::Share& host);
// What it is stopped at.
Outcome<workers::Limits> limits_of(const std::string& instance_type, const workers::Share& host);
// The room for replicas, for a Slots of their own: half the memory. In the queue of the jobs an endpoint would wait
// behind a job that waits for CPUs.
workers::Share serving_room(const workers::Share& host);

}  // namespace clary::serving
