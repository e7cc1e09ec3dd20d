// When a replica that ended or went silent is started again. Pure functions over its history; thread rule: any thread.
// Invariant: the waits grow from 100 ms to a minute, and a replica that has served for a minute starts over at the
// beginning.
#pragma once

#include <chrono>

namespace clary::serving {

// How many ends in a row count after one more, given how long the replica had been serving before it.
int ends_in_a_row(int before, std::chrono::steady_clock::duration served);
// How long to wait before the next start.
std::chrono::milliseconds restart_delay(int ends_in_a_row);

// What a replica that invocations had trouble with shows when it is asked /ping again and again.
struct Silence {
  std::chrono::steady_clock::duration lasted{};  // since the first failed ping
  bool refused = false;                          // nobody listens on its socket (else: no answer in time, or a bad one)
  bool busy = false;  // invocations are in flight: a worker with one thread can't answer /ping meanwhile
};
// Whether to give the process up and start another.
bool give_up(const Silence& silence);

}  // namespace clary::serving
