// TCP between the hosts of a job. Blocking, every wait with an end. Owned by its user. Thread rule: one thread at a time, but for
// close_now(), which makes a wait on another thread end. Invariant: after an error nothing more is read or sent.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/outcome.hpp"
#include "io/file.hpp"

namespace clary::training {

class Socket {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  // At every address of this host; port 0: any that is free.
  static Outcome<Socket> listen(int port);
  // Tries again until it is there or the deadline has passed: the other host may not have begun yet.
  static Outcome<Socket> connect(const std::string& host, int port, Deadline deadline);

  struct Guest;
  Outcome<Guest> accept(Deadline deadline) const;
  Outcome<int> port() const;

  Outcome<void> send(std::string_view bytes) const;
  Outcome<void> receive(char* bytes, std::size_t size) const;
  Outcome<std::string> receive_line(std::size_t longest) const;
  void close_now() const;

 private:
  explicit Socket(int fd) : file_(fd) {}
  io::File file_;
};

struct Socket::Guest {
  Socket socket;
  std::string address;
};

// The address of a host by its name, as numbers.
Outcome<std::string> address_of(const std::string& host);

}  // namespace clary::training
