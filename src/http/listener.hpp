// Accepts connections on one TCP address (a socket a loop, shared by SO_REUSEPORT) or on one Unix socket (on one loop,
// handing the connections round). Private to http; owned by the server. Thread rule: open() and close() from one
// thread. Invariant: an address that another process listens on is refused, although SO_REUSEPORT alone would share it.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "http/core.hpp"

namespace clary::http {

class Listener {
 public:
  static Outcome<std::unique_ptr<Listener>> tcp(Core& core, const std::string& address);
  static Outcome<std::unique_ptr<Listener>> unix_socket(Core& core, const std::string& path);
  ~Listener();
  const std::string& address() const { return address_; }  // as bound
  std::uint16_t port() const { return port_; }
  void start();
  // Stops accepting; returns once no loop accepts any more.
  void close();

 private:
  using Acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol, Executor>;
  struct Door {
    std::shared_ptr<Loop> loop;
    Acceptor acceptor;
  };
  explicit Listener(Core& core) : core_(core) {}
  Task<> accept(Door& door);
  void admit(int fd, std::shared_ptr<Loop> loop);

  Core& core_;
  std::string address_;
  std::uint16_t port_ = 0;
  std::string path_;  // a Unix socket's, removed at the end
  std::vector<std::unique_ptr<Door>> doors_;
  std::size_t next_ = 0;
};

}  // namespace clary::http
