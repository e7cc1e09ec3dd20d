// The listener: HTTP/1.1 on TCP and Unix sockets, TLS told by its first byte, CONNECT. One event loop a core
// (SO_REUSEPORT), a bounded pool for blocking handlers. Owned by the composition root. Thread rule: start() and stop()
// from one thread; callbacks run on loop threads (route, on_connect) or pool threads (handlers). Invariant: a slow,
// broken or silent client holds no pool thread longer than `body_timeout` between two reads.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/outcome.hpp"
#include "http/authority.hpp"
#include "http/message.hpp"

namespace clary::http {

// What becomes of a request, decided on the loop from its head alone: must be quick and must not block.
// Blocking: a handler that runs on the pool. Where `buffer` is set the body is read before the handler takes a thread
// (at most `limit` bytes; beyond that `too_large` answers), else the handler pulls it as it comes.
struct Blocking {
  std::function<Response(Request&, BodyReader&)> handle;
  bool buffer = true;
  std::size_t limit = 16 * 1024 * 1024;
  std::function<Response(const Request&)> too_large;  // not set: a bare 413
  // It takes no longer than a flush of the disk: with a small body, and where its loop has no other request, it runs on
  // the loop's own thread (docs/adr/0026).
  bool brief = false;
};
// Async: started on the loop once the body is there (at most `limit` bytes); calls `done` exactly once, from any
// thread. This is the invocation path; it must not block.
struct Async {
  std::function<void(Request, std::string body, std::function<void(Response)> done)> start;
  std::size_t limit = 64 * 1024 * 1024;
  std::function<Response(const Request&)> too_large;
};
using Route = std::variant<Response, Blocking, Async>;

// What becomes of a CONNECT: TLS ends here, it is tunnelled to host:port, or it is refused with a status and a
// sentence.
struct ConnectDecision {
  enum class Kind { terminate, tunnel, refuse } kind = Kind::refuse;
  unsigned status = 403;
  std::string reason;
};

struct ServerOptions {
  std::vector<std::string> listen;        // "127.0.0.1:9080", "[::1]:9080"; port 0 picks one
  std::vector<std::string> unix_sockets;  // paths; forwarders come in here. Mode 0666: the folder above guards them.
  unsigned loops = 0;                     // 0: one a core
  unsigned pool_threads = 64;
  std::size_t pool_queue = 4096;  // beyond it: 503, Retry-After: 1
  std::size_t max_connections = 20000;
  std::size_t max_tunnels = 256;
  std::size_t max_parked = 1024;  // beyond it a parked answer is asked again at once (the handler must then answer)
  std::chrono::milliseconds header_timeout{30'000};
  std::chrono::milliseconds body_timeout{60'000};   // between two pieces of a body, in or out
  std::chrono::milliseconds idle_timeout{120'000};  // a kept-alive connection without a request
  std::chrono::milliseconds tunnel_idle_timeout{300'000};
  std::string upstream_proxy;                  // "http://host:port": tunnels go through it; empty: directly
  std::vector<std::string> upstream_no_proxy;  // host suffixes that bypass it
  std::vector<std::string> tunnel_exempt;      // addresses of this host that may be dialled all the same
};

struct ServerHooks {
  std::function<Route(Request&)> route;
  std::function<ConnectDecision(const std::string& host, std::uint16_t port, const Request&)> on_connect;
  // Answers what cannot be parsed (bad request line, headers over 64 KiB...): the server then closes.
  std::function<Response(unsigned status, const std::string& why)> malformed;
  // The numeric addresses of a host name, for tunnels; may block (it runs on a thread of its own). Not set: the
  // system's resolver.
  std::function<Outcome<std::vector<std::string>>(const std::string& host)> resolve;
};

class Server {
 public:
  Server(ServerOptions options, ServerHooks hooks, std::shared_ptr<Authority> authority);
  ~Server();
  Outcome<void> start();                       // bound and listening when it returns
  std::vector<std::string> addresses() const;  // as bound: "127.0.0.1:9080"
  // Stops accepting, ends idle connections, lets requests in flight finish for at most `grace`, then closes them.
  void stop(std::chrono::milliseconds grace);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace clary::http
