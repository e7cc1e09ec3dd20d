// The few things that a network of hosts asks of the kernel: a bridge, a pair of linked interfaces, an address. Owned by
// the role that makes or joins a network (network.hpp). Thread rule: one thread. Invariant: a socket speaks to the
// network namespace that it was opened in, wherever the process goes afterwards; a call that fails leaves errno.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace clary::init {

// One request under construction: headers and nested attributes, each padded to four bytes.
class Message {
 public:
  Message(std::uint16_t type, std::uint16_t flags, const void* head, std::size_t head_size);
  void put(std::uint16_t attribute, const void* data, std::size_t size);
  void put(std::uint16_t attribute, const std::string& text) { put(attribute, text.c_str(), text.size() + 1); }
  void put(std::uint16_t attribute, std::uint32_t number) { put(attribute, &number, sizeof number); }
  std::size_t open(std::uint16_t attribute);  // until close() of what it returns, attributes go inside
  void close(std::size_t opened);
  void append(const void* data, std::size_t size);
  const std::vector<char>& finish();

 private:
  std::vector<char> bytes_;
};

struct HostAddress {
  std::uint32_t ip = 0;  // in the host's byte order
  int prefix = 0;
};

class Netlink {
 public:
  Netlink();
  ~Netlink();
  Netlink(const Netlink&) = delete;
  Netlink& operator=(const Netlink&) = delete;
  bool ready() const { return socket_ >= 0; }

  bool make_bridge(const std::string& name);
  // A pair: one end here, up, a port of the bridge, named by the kernel; the other, `name`, in the namespace `peer`.
  bool make_pair(int bridge, const std::string& name, int peer, const unsigned char (&hardware)[6]);
  bool set_address(int interface, const HostAddress& address);
  bool bring_up(int interface);

 private:
  bool ask(Message& message);
  int socket_;
};

}  // namespace clary::init
