// What clary-init is told to do, as the launcher writes it to the control socket: "key=value" texts, each ended by a
// NUL byte, the last one "run". The text that never comes (the server died between starting and recording the worker)
// means: do nothing. Owned by clary-init's main. Thread rule: a plain value. Invariant: an order that parsed has a
// command.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace clary::init {

inline constexpr int control = 3;  // the descriptor of the control socket

struct Order {
  std::optional<uid_t> uid;  // drop to it; as we are when not given
  gid_t gid = 0;
  std::string working_directory = "/";
  std::vector<std::string> arguments;    // arg=
  std::vector<std::string> environment;  // env=NAME=value
  bool inherit = false;                  // the environment comes on top of ours
  int port = 0;                          // forward 127.0.0.1:<port> to `socket`; 0: no forwarder
  std::string socket;
  int serve_port = 0;  // forward the socket `serve_socket`, made by us, to 127.0.0.1:<serve_port>; 0: not
  std::string serve_socket;
  std::vector<int> cpus;        // cpu=; the host's CPUs that it may use; empty: all
  std::uint64_t processes = 0;  // RLIMIT_NPROC; 0: none
};

// Reads from the socket until "run". Nothing when it ends before, is broken, or is over 8 MiB.
std::optional<Order> read_order(int socket);

}  // namespace clary::init
