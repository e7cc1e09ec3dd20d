// Carries a CONNECT's bytes elsewhere: finds the one address that may be dialled, dials it, and copies both ways.
// Private to http; lives in the connection's coroutine. Thread rule: the loop's thread.
// Invariant: the address that was judged is the address that is dialled: a name is resolved once.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "http/core.hpp"
#include "http/egress.hpp"
#include "http/exchange.hpp"
#include "http/link.hpp"

namespace clary::http {

class Tunnel {
 public:
  Tunnel(Core& core, std::shared_ptr<Loop> loop, Link& link, std::shared_ptr<Exchange> exchange);
  ~Tunnel();

  // Dials host:port, or the upstream proxy for it. False: see status() and why().
  Task<bool> open(std::string host, std::uint16_t port);
  unsigned status() const { return status_; }
  const std::string& why() const { return why_; }
  // Copies until both sides have ended, one broke, or neither sent anything for the idle time.
  Task<> carry();

 private:
  bool fail(unsigned status, std::string why);
  Task<std::optional<std::vector<std::string>>> look_up(std::string host);
  Task<bool> dial(std::vector<std::string> addresses, std::uint16_t port);
  Task<bool> open_upstream(Upstream upstream, std::string host, std::uint16_t port);
  Task<bool> ask_upstream(std::string request);
  Task<bool> write_out(std::string_view data);
  Task<> copy_up();
  Task<> copy_down();
  void shut();

  Core& core_;
  std::shared_ptr<Loop> loop_;
  Link& link_;
  std::shared_ptr<Exchange> exchange_;
  Socket out_;
  std::string early_;  // what the upstream proxy sent behind its answer
  bool down_ended_ = false;
  unsigned status_ = 502;
  std::string why_;
};

}  // namespace clary::http
