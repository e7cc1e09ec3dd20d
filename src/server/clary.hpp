// The composition root: makes every part of the server, in order, and takes them down in the reverse. One a process.
// Thread rule: one thread.
// Invariant: nothing is listened on before all unfinished work was picked up; nothing is lost when it is killed at any moment.
#pragma once

#include <memory>

#include "base/outcome.hpp"
#include "server/data_folder.hpp"
#include "server/settings.hpp"

namespace clary::server {

class Clary {
 public:
  // Opens the data folder, picks unfinished work up and listens; ready when it returns.
  static Outcome<std::unique_ptr<Clary>> open(const Settings& settings);
  ~Clary();
  const RunningServer& running() const;
  // Drains: stops listening, lets requests in flight end, lets go of workers (they live on). Returns when done.
  void stop();

 private:
  struct State;
  explicit Clary(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace clary::server
