// CONNECT: TLS ends here, the bytes are carried elsewhere, or it is refused.
#include <charconv>

#include "http/connection.hpp"
#include "http/figures.hpp"
#include "http/log.hpp"
#include "http/tunnel.hpp"

namespace clary::http {

namespace {

constexpr std::string_view established = "HTTP/1.1 200 Connection established\r\n\r\n";

// "host:port", the host in brackets where it is an IPv6 address. The port is always there.
std::optional<std::pair<std::string, std::uint16_t>> parse_authority(std::string_view text) {
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  unsigned port = 0;
  auto* end = text.data() + text.size();
  auto parsed = std::from_chars(text.data() + colon + 1, end, port);
  if (parsed.ptr != end || parsed.ec != std::errc{} || port == 0 || port > 65535) return std::nullopt;
  auto host = text.substr(0, colon);
  if (host.front() == '[') {
    if (host.size() < 3 || host.back() != ']') return std::nullopt;
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  if (host.size() > 253 || host.find_first_of("/@?#[] \t") != std::string_view::npos) return std::nullopt;
  return std::pair{std::string(host), static_cast<std::uint16_t>(port)};
}

}  // namespace

Task<Connection::Next> Connection::serve_connect(Shared exchange) {
  auto& request = exchange->request;
  if (!peer_.loopback) co_return co_await refuse_connect(exchange, 403, "CONNECT is for this host's own programs.");
  auto target = parse_authority(request.path);
  if (!target || request.has_body) co_return co_await refuse_connect(exchange, 400, "The CONNECT target is not valid.");
  std::string host = target->first;
  std::uint16_t port = target->second;
  ConnectDecision decision{ConnectDecision::Kind::refuse, 403, "CONNECT is turned off."};
  try {
    if (core_.hooks.on_connect) decision = core_.hooks.on_connect(host, port, request);
  } catch (const std::exception& error) {
    log_.error("on_connect threw: {}", error.what());
  }
  if (decision.kind == ConnectDecision::Kind::terminate) co_return co_await terminate(exchange, host);
  if (decision.kind == ConnectDecision::Kind::tunnel) co_return co_await tunnel(exchange, host, port);
  co_return co_await refuse_connect(exchange, decision.status, decision.reason);
}

Task<Connection::Next> Connection::refuse_connect(Shared exchange, unsigned status, std::string_view why) {
  auto response = bare(status, why);
  Framing framing{.http_1_0 = exchange->parser.http_1_0(), .keep = false};
  co_await respond(link_, core_.pool, exchange, std::move(response), framing, core_.options.body_timeout);
  co_return Next::close_unread;
}

Task<Connection::Next> Connection::tunnel(Shared exchange, std::string host, std::uint16_t port) {
  Place place(core_.tunnels, core_.options.max_tunnels);
  if (!place.got()) co_return co_await refuse_connect(exchange, 503, "Too many tunnels are open.");
  Counted counted(figures().tunnels);
  Tunnel tunnel(core_, loop_, link_, exchange);
  if (!co_await tunnel.open(std::move(host), port)) {
    if (link_.killed()) co_return Next::close;
    co_return co_await refuse_connect(exchange, tunnel.status(), tunnel.why());
  }
  if (!co_await link_.send(established, {}, core_.options.body_timeout)) co_return Next::close;
  co_await tunnel.carry();
  co_return Next::close;
}

// From here on the connection is one for `host` alone, over TLS.
Task<Connection::Next> Connection::terminate(Shared exchange, std::string host) {
  if (link_.encrypted() || !core_.authority || !core_.authority->context_for(host)) {
    co_return co_await refuse_connect(exchange, 502, "TLS for this host cannot end here.");
  }
  if (!co_await link_.send(established, {}, core_.options.body_timeout)) co_return Next::close;
  connect_host_ = host;
  if (link_.in.empty()) {
    if (!co_await link_.await_input(core_.options.header_timeout)) co_return Next::close;
  }
  if (link_.in.view().front() != tls_handshake) co_return Next::close;
  bool secured = co_await begin_tls();
  co_return secured ? Next::go_on : Next::close;
}

// The signed host must be the one that the client asked CONNECT and TLS for.
bool Connection::is_misdirected(const Request& request) const {
  if (connect_host_.empty()) return false;
  auto host = request.host();
  if (host.ends_with(":443")) host.remove_suffix(4);
  return !equal_ignoring_case(host, connect_host_);
}

}  // namespace clary::http
