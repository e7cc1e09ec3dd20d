// TCP between the hosts of a job. Blocking, every wait with an end. Owned by its user. Thread rule: one thread at a time, but for
// close_now(), which makes a wait on another thread end. Invariant: after an error nothing more is read or sent.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

  Outcome<int> port() const;

  Outcome<void> send(std::string_view bytes) const;
  // All of it by the deadline; without one, each part after another quarter of an hour at the latest.
  Outcome<void> receive(char* bytes, std::size_t size, std::optional<Deadline> deadline = {}) const;
  Outcome<std::string> receive_line(std::size_t longest, std::optional<Deadline> deadline = {}) const;
  void close_now() const;

 private:
  friend class Arrivals;
  explicit Socket(int fd) : file_(fd) {}
  io::File file_;
};

// Who comes to a door, one after the other as they begin to speak: a scanner of ports may come there too, and who says
// nothing keeps nobody waiting. Owned by whoever looks after the door. Thread rule: one thread. Invariant: no more
// than a bounded number are silent at once, none of them for long.
class Arrivals {
 public:
  explicit Arrivals(const Socket& door) : door_(door) {}

  struct Guest {
    Socket socket;
    std::string address;
    Socket::Deadline greeted_by;  // when it has to have said who it is, the whole of it
  };
  Outcome<Guest> next(Socket::Deadline deadline);

 private:
  Outcome<void> admit();

  const Socket& door_;
  std::vector<Guest> silent_;  // as they have come
};

// The address of a host by its name, as numbers.
Outcome<std::string> address_of(const std::string& host);

}  // namespace clary::training
