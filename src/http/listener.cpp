#include "http/listener.hpp"

#include <arpa/inet.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <charconv>
#include <future>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/connection.hpp"
#include "http/log.hpp"
#include "io/file.hpp"

namespace clary::http {

namespace {

using Tcp = asio::ip::tcp;

Outcome<Tcp::endpoint> parse_endpoint(const std::string& text) {
  auto colon = text.rfind(':');
  unsigned port = 0;
  auto* end = text.data() + text.size();
  if (colon == std::string::npos || std::from_chars(text.data() + colon + 1, end, port).ptr != end || port > 65535) {
    return validation("'{}' is not an address to listen on: it reads like 127.0.0.1:9080.", text);
  }
  auto host = text.substr(0, colon);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  error_code ec;
  auto address = asio::ip::make_address(host, ec);
  if (ec) return validation("'{}' is not an address to listen on: it reads like 127.0.0.1:9080.", text);
  return Tcp::endpoint(address, static_cast<std::uint16_t>(port));
}

std::string show(const Tcp::endpoint& at) {
  auto host = at.address().to_string();
  return at.address().is_v6() ? fmt::format("[{}]:{}", host, at.port()) : fmt::format("{}:{}", host, at.port());
}

// A socket bound to `at`; its port is filled in.
Outcome<io::File> bind_to(Tcp::endpoint& at, bool shared) {
  io::File socket(::socket(at.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return io::system_error("socket", show(at), errno);
  int on = 1;
  ::setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (shared) ::setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
  if (at.address().is_v6()) ::setsockopt(socket.fd(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  if (::bind(socket.fd(), at.data(), static_cast<socklen_t>(at.size())) != 0) {
    int code = errno;
    auto error = io::system_error("bind", show(at), code);
    if (code == EADDRINUSE) error.kind = ErrorKind::in_use;
    error.message = fmt::format("Cannot listen on {}: {}.", show(at), std::strerror(code));
    return error;
  }
  auto size = static_cast<socklen_t>(at.capacity());
  ::getsockname(socket.fd(), at.data(), &size);
  return socket;
}

std::string address_text(const Tcp::endpoint& at, bool& loopback) {
  auto address = at.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  loopback = address.is_loopback();
  return address.to_string();
}

Peer peer_of(int fd) {
  Tcp::endpoint at;
  auto size = static_cast<socklen_t>(at.capacity());
  if (::getpeername(fd, at.data(), &size) != 0 ||
      (at.data()->sa_family != AF_INET && at.data()->sa_family != AF_INET6)) {
    return {"unix", "localhost", true};
  }
  Peer peer;
  peer.address = address_text(at, peer.loopback);
  bool ignored = false;
  size = static_cast<socklen_t>(at.capacity());
  ::getsockname(fd, at.data(), &size);
  peer.local = address_text(at, ignored);
  return peer;
}

}  // namespace

Outcome<std::unique_ptr<Listener>> Listener::tcp(Core& core, const std::string& address) {
  TRY(auto at, parse_endpoint(address));
  // Bound without SO_REUSEPORT first: fails where anybody listens already.
  { TRY(auto probe, bind_to(at, false)); }
  std::unique_ptr<Listener> listener(new Listener(core));
  for (const auto& loop : core.loops) {
    TRY(auto socket, bind_to(at, true));
    if (::listen(socket.fd(), 4096) != 0) return io::system_error("listen", show(at), errno);
    Acceptor acceptor(loop->context());
    acceptor.assign(asio::generic::stream_protocol(at.protocol()), socket.release());
    listener->doors_.push_back(std::make_unique<Door>(Door{loop, std::move(acceptor)}));
  }
  listener->address_ = show(at);
  listener->port_ = at.port();
  return listener;
}

Outcome<std::unique_ptr<Listener>> Listener::unix_socket(Core& core, const std::string& path) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  if (path.size() >= sizeof(at.sun_path)) return validation("The socket's path is too long: {}.", path);
  std::memcpy(at.sun_path, path.c_str(), path.size() + 1);
  io::File socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return io::system_error("socket", path, errno);
  ::unlink(path.c_str());  // left by a server that was killed
  if (::bind(socket.fd(), reinterpret_cast<sockaddr*>(&at), sizeof(at)) != 0)
    return io::system_error("bind", path, errno);
  if (::chmod(path.c_str(), 0666) != 0) return io::system_error("chmod", path, errno);
  if (::listen(socket.fd(), 4096) != 0) return io::system_error("listen", path, errno);
  std::unique_ptr<Listener> listener(new Listener(core));
  Acceptor acceptor(core.loops.front()->context());
  acceptor.assign(asio::generic::stream_protocol(AF_UNIX, 0), socket.release());
  listener->doors_.push_back(std::make_unique<Door>(Door{core.loops.front(), std::move(acceptor)}));
  listener->path_ = listener->address_ = path;
  return listener;
}

Listener::~Listener() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

void Listener::start() {
  for (auto& door : doors_) asio::co_spawn(door->loop->context().get_executor(), accept(*door), asio::detached);
}

void Listener::close() {
  for (auto& door : doors_) {
    std::promise<void> closed;
    door->loop->post([&] {
      error_code ignored;
      door->acceptor.close(ignored);
      closed.set_value();
    });
    closed.get_future().wait();
  }
}

Task<> Listener::accept(Door& door) {
  asio::basic_waitable_timer<Loop::Clock, asio::wait_traits<Loop::Clock>, Executor> pause(door.loop->context());
  while (door.acceptor.is_open()) {
    auto [ec, socket] = co_await door.acceptor.async_accept(door.loop->context(), as_result);
    if (!door.acceptor.is_open()) co_return;
    if (ec == asio::error::operation_aborted) co_return;
    if (ec) {
      // Out of descriptors or memory: trying again at once would only spin.
      log_.warn("accepting on {}: {}", address_, ec.message());
      pause.expires_after(std::chrono::milliseconds(100));
      co_await pause.async_wait(as_result);
      continue;
    }
    // A Unix socket's connections all come in here, so they are handed round.
    auto loop = path_.empty() ? door.loop : core_.loops[next_++ % core_.loops.size()];
    error_code released;
    auto fd = socket.release(released);
    if (released) continue;
    if (loop == door.loop) {
      admit(fd, loop);
    } else {
      loop->post([this, fd, loop] { admit(fd, loop); });
    }
  }
}

void Listener::admit(int fd, std::shared_ptr<Loop> loop) {
  if (core_.connections.fetch_add(1) >= core_.options.max_connections || loop->stopping()) {
    ::close(fd);
    core_.connection_ended();
    return;
  }
  auto peer = peer_of(fd);
  int on = 1;
  if (path_.empty()) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  Socket socket(loop->context());
  error_code ec;
  auto protocol =
      path_.empty() ? asio::generic::stream_protocol(AF_INET, IPPROTO_TCP) : asio::generic::stream_protocol(AF_UNIX, 0);
  socket.assign(protocol, fd, ec);
  if (ec) {
    ::close(fd);
    core_.connection_ended();
    return;
  }
  Connection::start(core_, loop, std::move(socket), std::move(peer));
}

}  // namespace clary::http
