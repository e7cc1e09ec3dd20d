// The tracker of rabit, for releases of XGBoost that have none of their own: it gives the workers their ranks and tells each
// whom to connect to. Its own thread serves them until all have said goodbye. Thread rule: start() and the destructor on one thread.
// Invariant: ranks follow the order of the workers' tasks.
#pragma once

#include <memory>
#include <thread>

#include "base/outcome.hpp"
#include "training/socket.hpp"

namespace clary::training {

class RabitTracker {
 public:
  static Outcome<std::unique_ptr<RabitTracker>> start(int workers);
  // Waits for the workers' goodbyes, but not for long: one that has failed says none.
  ~RabitTracker();
  int port() const { return port_; }

 private:
  RabitTracker(Socket door, int port) : door_(std::move(door)), port_(port) {}

  Socket door_;
  int port_;
  std::thread thread_;
  struct Over;
  std::shared_ptr<Over> over_;
};

}  // namespace clary::training
