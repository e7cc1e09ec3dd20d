#include "http/connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "http/figures.hpp"
#include "http/log.hpp"
#include "http/request_id.hpp"

namespace clary::http {

namespace {

// Counts one request while it lives.
class InFlight {
 public:
  explicit InFlight(Loop& loop) : loop_(loop), counted_(figures().in_flight) { ++loop_.in_flight; }
  ~InFlight() { --loop_.in_flight; }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

 private:
  Loop& loop_;
  Counted counted_;
};

}  // namespace

Connection::Connection(Core& core, std::shared_ptr<Loop> loop, Socket socket, Peer peer)
    : core_(core), loop_(std::move(loop)), link_(*loop_, std::move(socket)), peer_(std::move(peer)) {
  figures().connections.add(1);
}

Connection::~Connection() {
  figures().connections.add(-1);
  core_.connection_ended();
}

void Connection::start(Core& core, std::shared_ptr<Loop> loop, Socket socket, Peer peer) {
  auto& context = loop->context();
  auto connection = std::make_unique<Connection>(core, std::move(loop), std::move(socket), std::move(peer));
  asio::co_spawn(context.get_executor(), run(std::move(connection)), asio::detached);
}

Task<> Connection::run(std::unique_ptr<Connection> connection) {
  try {
    bool unread = co_await connection->converse();
    co_await connection->link_.close(unread);
  } catch (const std::exception& error) {
    log_.error("connection of {}: {}", connection->peer_.address, error.what());
  }
}

// True: input was left unread, so that closing at once could destroy the answer on its way.
Task<bool> Connection::converse() {
  bool first = true;
  while (true) {
    if (link_.in.empty()) {
      if (!co_await link_.await_input(core_.options.idle_timeout)) co_return false;
    }
    if (std::exchange(first, false) && link_.in.view().front() == tls_handshake) {
      if (!co_await begin_tls()) co_return false;
      continue;
    }
    auto exchange = co_await read_request();
    if (!exchange) co_return true;
    figures().requests.add(1);
    InFlight in_flight(*loop_);
    link_.waiting = &exchange->changed;
    auto next = co_await serve(exchange);
    link_.waiting = nullptr;
    exchange->abandoned = true;
    if (next != Next::go_on) co_return next == Next::close_unread;
  }
}

Task<bool> Connection::begin_tls() {
  if (!core_.authority) co_return false;
  TlsName name{core_.authority.get(), peer_.local, connect_host_, {}};
  auto* ssl = core_.tls.make(name);
  if (!ssl) co_return false;
  bool ok = co_await link_.start_tls(ssl, core_.options.header_timeout);
  core_.tls.forget(ssl);
  co_return ok;
}

Task<Connection::Shared> Connection::read_request() {
  auto exchange = std::make_shared<Exchange>(loop_);
  link_.allow(core_.options.header_timeout);
  while (true) {
    std::size_t consumed = 0;
    auto state = exchange->parser.head(link_.in.view(), consumed);
    link_.in.consume(consumed);
    if (state == RequestParser::State::complete) break;
    if (state == RequestParser::State::failed) {
      co_await refuse_malformed(*exchange, exchange->parser.failure_status(), exchange->parser.failure());
      co_return nullptr;
    }
    if (!co_await link_.fill()) {
      if (link_.timed_out()) co_await refuse_malformed(*exchange, 408, "The request's head did not arrive in time.");
      co_return nullptr;
    }
  }
  link_.allow_forever();
  fill_in(exchange->request);
  co_return exchange;
}

Task<> Connection::refuse_malformed(const Exchange& exchange, unsigned status, std::string_view why) {
  Response response = bare(status, why);
  if (core_.hooks.malformed) {
    try {
      response = core_.hooks.malformed(status, std::string(why));
    } catch (const std::exception& error) {
      log_.error("malformed hook threw: {}", error.what());
    }
  }
  Framing framing{.http_1_0 = exchange.parser.http_1_0(), .keep = false};
  auto* text = std::get_if<std::string>(&response.body);
  auto head = head_text(response, text ? text->size() : 0, framing, loop_->date());
  co_await link_.send(head, text ? std::string_view(*text) : std::string_view{}, core_.options.body_timeout);
}

void Connection::fill_in(Request& request) {
  request.id = new_request_id();
  request.peer = peer_.address;
  request.loopback = peer_.loopback;
  request.tls = link_.encrypted();
  request.connect_host = connect_host_;
}

}  // namespace clary::http
