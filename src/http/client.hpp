// A small HTTP/1.1 client for one peer: a worker on a Unix socket, or a server on TCP. Blocking; for control-plane and
// command-line use (the invocation path has its own, serving/loop_client.hpp). Thread rule: one thread at a time;
// make one a thread.
#pragma once

#include <chrono>
#include <string>

#include "base/outcome.hpp"
#include "http/message.hpp"

namespace clary::http {

struct Address {
  std::string unix_path;  // set: a Unix socket
  std::string host;       // else TCP
  std::uint16_t port = 0;
};

struct Reply {
  unsigned status = 0;
  Headers headers;
  std::string body;
};

// Sends one request and reads the whole reply (at most `limit` bytes). ErrorKind::unavailable: nobody there or it went
// away; ErrorKind::timed_out: no complete answer within `timeout`.
Outcome<Reply> send(const Address& address, const std::string& method, const std::string& target,
                    const Headers& headers, const std::string& body, std::chrono::milliseconds timeout,
                    std::size_t limit = 64 * 1024 * 1024);

}  // namespace clary::http
