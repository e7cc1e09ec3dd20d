#include "http/tunnel.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace clary::http {

namespace {

constexpr std::chrono::seconds open_timeout{15};  // for the look-up and the dialling together
constexpr std::size_t copied = 32 * 1024;

std::string joined(const std::string& host, std::uint16_t port) {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

}  // namespace

Tunnel::Tunnel(Core& core, std::shared_ptr<Loop> loop, Link& link, std::shared_ptr<Exchange> exchange)
    : core_(core), loop_(std::move(loop)), link_(link), exchange_(std::move(exchange)), out_(loop_->context()) {
  link_.partner = &out_;
}

Tunnel::~Tunnel() {
  link_.partner = nullptr;
}

bool Tunnel::fail(unsigned status, std::string why) {
  status_ = status;
  why_ = std::move(why);
  return false;
}

Task<bool> Tunnel::open(std::string host, std::uint16_t port) {
  link_.allow(open_timeout);
  auto literal = literal_address(host);
  const auto& options = core_.options;
  if (!options.upstream_proxy.empty() && !bypasses_upstream(host, options.upstream_no_proxy)) {
    if (is_local_name(host)) co_return fail(403, "This host's own addresses are not reached through CONNECT.");
    if (literal) {
      if (auto refused = refusal(*literal, own_addresses(), options.tunnel_exempt)) {
        co_return fail(403, fmt::format("CONNECT to {} is refused: {}.", host, *refused));
      }
    }
    auto upstream = parse_upstream(options.upstream_proxy);
    if (!upstream) co_return fail(502, "The server's upstream proxy is not a http:// address.");
    auto target = literal.value_or(host);
    co_return co_await open_upstream(*upstream, target, port);
  }
  std::vector<std::string> addresses;
  if (literal) {
    addresses.push_back(*literal);
  } else {
    auto found = co_await look_up(host);
    if (!found) co_return false;
    addresses = std::move(*found);
  }
  if (addresses.empty()) co_return fail(502, fmt::format("{} has no address.", host));
  // One bad address among good ones is refused too: it would be a matter of luck which is dialled.
  auto own = own_addresses();
  for (const auto& address : addresses) {
    if (auto refused = refusal(address, own, options.tunnel_exempt)) {
      co_return fail(403, fmt::format("CONNECT to {} is refused: {}.", host, *refused));
    }
  }
  co_return co_await dial(std::move(addresses), port);
}

Task<std::optional<std::vector<std::string>>> Tunnel::look_up(std::string host) {
  struct Answer {
    std::optional<Outcome<std::vector<std::string>>> found;
  };
  auto answer = std::make_shared<Answer>();
  std::weak_ptr<Loop> loop = loop_;
  auto done = [answer, loop, exchange = exchange_](Outcome<std::vector<std::string>> found) {
    auto alive = loop.lock();
    if (!alive) return;
    alive->post([answer, exchange, found = std::move(found)]() mutable {
      answer->found = std::move(found);
      exchange->changed.set();
    });
  };
  if (!core_.resolver.resolve(host, std::move(done))) {
    fail(503, "Too many host names are being looked up.");
    co_return std::nullopt;
  }
  while (!answer->found && !link_.timed_out() && !link_.killed()) co_await exchange_->changed.wait();
  if (!answer->found) {
    fail(504, fmt::format("{} was not resolved in time.", host));
    co_return std::nullopt;
  }
  if (!answer->found->ok()) {
    fail(502, answer->found->error().message);
    co_return std::nullopt;
  }
  co_return std::move(answer->found->value());
}

Task<bool> Tunnel::dial(std::vector<std::string> addresses, std::uint16_t port) {
  std::string last = "no address";
  for (const auto& text : addresses) {
    error_code ec;
    auto address = asio::ip::make_address(text, ec);
    if (ec) continue;
    asio::ip::tcp::endpoint at(address, port);
    auto [failed] = co_await out_.async_connect(asio::generic::stream_protocol::endpoint(at), as_result);
    if (!failed) {
      out_.set_option(asio::ip::tcp::no_delay(true), ec);
      co_return true;
    }
    out_.close(ec);
    if (link_.timed_out() || link_.killed()) co_return fail(504, "The host did not answer in time.");
    last = failed.message();
  }
  co_return fail(502, fmt::format("The host cannot be reached: {}.", last));
}

Task<bool> Tunnel::open_upstream(Upstream upstream, std::string host, std::uint16_t port) {
  std::vector<std::string> addresses;
  if (auto literal = literal_address(upstream.host)) {
    addresses.push_back(*literal);
  } else {
    auto found = co_await look_up(upstream.host);
    if (!found) co_return false;
    addresses = std::move(*found);
  }
  bool own_port = std::find(core_.ports.begin(), core_.ports.end(), upstream.port) != core_.ports.end();
  if (own_port) {
    auto own = own_addresses();
    for (const auto& address : addresses) {
      if (refusal(address, own)) co_return fail(508, "The upstream proxy is this server itself.");
    }
  }
  if (!co_await dial(std::move(addresses), upstream.port)) co_return false;
  auto request = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", joined(host, port));
  if (!upstream.authorization.empty()) request += "Proxy-Authorization: " + upstream.authorization + "\r\n";
  request += "\r\n";
  co_return co_await ask_upstream(request);
}

Task<bool> Tunnel::ask_upstream(std::string request) {
  if (!co_await write_out(request)) co_return fail(502, "The upstream proxy went away.");
  std::size_t end = std::string::npos;
  while (end == std::string::npos) {
    if (early_.size() > 16 * 1024) co_return fail(502, "The upstream proxy's answer is too long.");
    char piece[2048];
    auto [ec, got] = co_await out_.async_read_some(asio::buffer(piece), as_result);
    if (ec) co_return fail(link_.timed_out() ? 504 : 502, "The upstream proxy did not answer.");
    early_.append(piece, got);
    end = early_.find("\r\n\r\n");
  }
  auto head = early_.substr(0, early_.find("\r\n"));
  early_.erase(0, end + 4);
  bool established = head.size() >= 12 && head.starts_with("HTTP/1.") && head.compare(9, 1, "2") == 0;
  if (!established) co_return fail(502, fmt::format("The upstream proxy refused: {}.", head.substr(0, 100)));
  co_return true;
}

Task<bool> Tunnel::write_out(std::string_view data) {
  while (!data.empty()) {
    auto [ec, wrote] = co_await out_.async_write_some(asio::buffer(data.data(), data.size()), as_result);
    if (ec) co_return false;
    data.remove_prefix(wrote);
  }
  co_return true;
}

Task<> Tunnel::carry() {
  link_.phase = Link::Phase::parked;  // a server that stops does not wait for tunnels
  link_.allow(core_.options.tunnel_idle_timeout);
  asio::co_spawn(out_.get_executor(), copy_down(), [this](std::exception_ptr) {
    down_ended_ = true;
    exchange_->changed.set();
  });
  co_await copy_up();
  while (!down_ended_) co_await exchange_->changed.wait();
  link_.phase = Link::Phase::busy;
}

// A side that broke ends both.
void Tunnel::shut() {
  error_code ignored;
  out_.close(ignored);
  link_.cancel();
}

Task<> Tunnel::copy_up() {
  while (true) {
    if (link_.in.empty()) {
      if (!co_await link_.fill()) break;
    }
    link_.allow(core_.options.tunnel_idle_timeout);
    if (!co_await write_out(link_.in.view())) {
      shut();
      co_return;
    }
    link_.in.consume(link_.in.view().size());
  }
  if (link_.timed_out() || link_.killed() || loop_->stopping()) {
    shut();
  } else {
    error_code ignored;
    out_.shutdown(Socket::shutdown_send, ignored);
  }
}

Task<> Tunnel::copy_down() {
  auto idle = core_.options.tunnel_idle_timeout;
  auto buffer = std::make_unique_for_overwrite<char[]>(copied);
  if (!early_.empty()) {
    if (!co_await link_.send(early_, {}, idle)) co_return shut();
  }
  while (true) {
    auto [ec, got] = co_await out_.async_read_some(asio::buffer(buffer.get(), copied), as_result);
    if (ec == asio::error::eof) break;
    if (ec) co_return shut();
    link_.allow(idle);
    if (!co_await link_.send({buffer.get(), got}, {}, idle)) co_return shut();
  }
  error_code ignored;
  if (link_.encrypted()) co_return shut();
  link_.socket().shutdown(Socket::shutdown_send, ignored);
}

}  // namespace clary::http
