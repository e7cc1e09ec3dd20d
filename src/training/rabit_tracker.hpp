// The tracker of rabit, for releases of XGBoost that have none of their own: it gives the workers their ranks and tells each
// whom to connect to. Its own thread serves them until all have said goodbye. Thread rule: start() and the destructor on one thread.
// Invariant: ranks follow the order of the workers' tasks.
#pragma once

#include <chrono>
#include <memory>
#include <thread>

#include "base/outcome.hpp"

namespace clary::training {

class RabitTracker {
 public:
  // `goodbye`: how long its end waits for the workers' goodbyes; one that has failed says none.
  static Outcome<std::unique_ptr<RabitTracker>> start(int workers,
                                                      std::chrono::milliseconds goodbye = std::chrono::seconds(20));
  // After that it waits for nobody.
  ~RabitTracker();
  int port() const { return port_; }

 private:
  class Service;
  RabitTracker(std::unique_ptr<Service> service, int port, std::chrono::milliseconds goodbye);

  std::unique_ptr<Service> service_;
  const int port_;
  const std::chrono::milliseconds goodbye_;
  std::thread thread_;
};

}  // namespace clary::training
