// One client's connection: reads a request, finds its route, has it answered, and begins again.
// Private to http; owned by its own coroutine. Thread rule: its loop's thread.
// Invariant: requests are served one after the other in the order they came; while none is there it holds no buffer and
// no thread.
#pragma once

#include <memory>
#include <string>

#include "http/core.hpp"
#include "http/exchange.hpp"
#include "http/link.hpp"
#include "http/respond.hpp"

namespace clary::http {

struct Peer {
  std::string address;  // "127.0.0.1", or "unix"
  std::string local;    // the address that it came to; "localhost" for a Unix socket
  bool loopback = false;
};

class Connection {
 public:
  Connection(Core& core, std::shared_ptr<Loop> loop, Socket socket, Peer peer);
  ~Connection();
  // Starts its coroutine on `loop`, on whose thread this is called.
  static void start(Core& core, std::shared_ptr<Loop> loop, Socket socket, Peer peer);

 private:
  using Shared = std::shared_ptr<Exchange>;
  enum class Next { go_on, close, close_unread };

  static Task<> run(std::unique_ptr<Connection> connection);
  Task<bool> converse();
  Task<bool> begin_tls();
  // Null: the connection is over.
  Task<Shared> read_request();
  Task<> refuse_malformed(const Exchange& exchange, unsigned status, std::string_view why);
  void fill_in(Request& request);

  Task<Next> serve(Shared exchange);
  Task<Next> serve_blocking(Shared exchange, Blocking blocking, BodySource& source);
  Task<Next> serve_async(Shared exchange, Async async, BodySource& source);
  Task<bool> ask_handler(Shared exchange, BodySource& source);
  Task<bool> continue_if_expected(Exchange& exchange);
  Task<bool> read_whole(Exchange& exchange, BodySource& source, std::size_t limit);
  Task<> feed(Shared exchange, BodySource& source);
  Task<Next> refuse_large(Shared exchange, const std::function<Response(const Request&)>& hook, BodySource& source);
  Task<Next> body_failed(Shared exchange, BodySource& source);
  // Sends the answer, then drops what little is left of the request's body, or closes.
  Task<Next> finish(Shared exchange, Response response, BodySource& source);

  // parking.cpp
  enum class Waited { ask_again, stopping, gone };
  Task<Waited> park(Shared exchange);
  Task<bool> settle_parked(Shared exchange, BodySource& source);

  // connect.cpp
  Task<Next> serve_connect(Shared exchange);
  Task<Next> terminate(Shared exchange, std::string host);
  Task<Next> tunnel(Shared exchange, std::string host, std::uint16_t port);
  Task<Next> refuse_connect(Shared exchange, unsigned status, std::string_view why);
  bool is_misdirected(const Request& request) const;

  Core& core_;
  std::shared_ptr<Loop> loop_;
  Link link_;
  Peer peer_;
  std::string connect_host_;
};

}  // namespace clary::http
