// Starts clary-init, in bubblewrap or bare, and hands it its order once the worker is on record. The steps, and why in
// this order: spawn -> learn its pid -> write the record -> join its network -> send the order -> hear "ready". If the server dies before
// the order is sent, clary-init reads the end of the socket and runs nothing; if it dies after, the record is there.
// Thread rule: any thread. Invariant: on an error nothing of the worker runs any more.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "base/outcome.hpp"
#include "io/file.hpp"
#include "workers/handshake.hpp"
#include "workers/worker_folder.hpp"

namespace clary::workers {

struct Launch {
  static constexpr int info_descriptor = 6;  // where bubblewrap tells clary-init's pid
  std::vector<std::string> command;          // bubblewrap and its options, or clary-init
  bool in_sandbox = false;
  std::vector<std::string> environment;                    // of the command, which passes none of it on
  std::vector<std::pair<std::string, std::string>> order;  // see init/order.hpp
  WorkerRecord record;                                     // its process is filled in
  // Of a host of several: the user namespace that `clary-init enter` finds as descriptor 7 (-1: none), and what gives the
  // sandbox its interface before anything runs in it.
  int user_namespace = -1;
  std::function<Outcome<void>(const io::ProcessId&)> join;
  std::chrono::seconds patience = handshake_patience;  // until it is ready
};

struct Launched {
  pid_t child = 0;   // to reap
  io::File process;  // clary-init
};

// What clary-init must know of the spec.
std::vector<std::pair<std::string, std::string>> order_of(const WorkerSpec& spec, const std::string& home,
                                                          const std::string& temporary);
Outcome<Launched> run_launch(Launch& launch, const WorkerFolder& folder);

}  // namespace clary::workers
