#include "http/client.hpp"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "http/resolver.hpp"

namespace clary::http {

namespace {

namespace beast = boost::beast::http;
using Clock = std::chrono::steady_clock;

Error gone(std::string_view what, int code) {
  auto error = make_error(ErrorKind::unavailable, "The peer cannot be reached.");
  error.detail = fmt::format("{}: {}", what, std::strerror(code));
  return error;
}

Outcome<void> wait(int fd, short events, Clock::time_point deadline) {
  while (true) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd waited{fd, events, 0};
    int ready = left > 0 ? ::poll(&waited, 1, static_cast<int>(std::min<long>(left, 1 << 30))) : 0;
    if (ready > 0) return {};
    if (ready == 0) return make_error(ErrorKind::timed_out, "The peer did not answer in time.");
    if (errno != EINTR) return gone("poll", errno);
  }
}

Outcome<io::File> connect_to(const sockaddr* at, socklen_t size, Clock::time_point deadline) {
  io::File socket(::socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return gone("socket", errno);
  if (::connect(socket.fd(), at, size) == 0) return socket;
  // A Unix socket whose backlog is full says EAGAIN and cannot be waited for.
  if (errno != EINPROGRESS) return gone("connect", errno);
  CHECK_OK(wait(socket.fd(), POLLOUT, deadline));
  int code = 0;
  socklen_t length = sizeof(code);
  ::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &code, &length);
  if (code != 0) return gone("connect", code);
  return socket;
}

Outcome<io::File> connect_to(const Address& address, Clock::time_point deadline) {
  if (!address.unix_path.empty()) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    if (address.unix_path.size() >= sizeof(at.sun_path)) return gone(address.unix_path, ENAMETOOLONG);
    std::memcpy(at.sun_path, address.unix_path.c_str(), address.unix_path.size() + 1);
    return connect_to(reinterpret_cast<sockaddr*>(&at), sizeof(at), deadline);
  }
  TRY(auto hosts, system_lookup(address.host));
  Outcome<io::File> last = gone(address.host, EADDRNOTAVAIL);
  for (const auto& host : hosts) {
    boost::system::error_code ec;
    boost::asio::ip::tcp::endpoint at(boost::asio::ip::make_address(host, ec), address.port);
    if (ec) continue;
    last = connect_to(at.data(), static_cast<socklen_t>(at.size()), deadline);
    if (!last.ok()) continue;
    int on = 1;
    ::setsockopt(last->fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    break;
  }
  return last;
}

Outcome<void> send_all(int fd, std::string_view data, Clock::time_point deadline) {
  while (!data.empty()) {
    auto wrote = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL);
    if (wrote > 0) {
      data.remove_prefix(static_cast<std::size_t>(wrote));
    } else if (errno == EAGAIN) {
      CHECK_OK(wait(fd, POLLOUT, deadline));
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return {};  // it may have answered before it closed: reading tells
    } else if (errno != EINTR) {
      return gone("send", errno);
    }
  }
  return {};
}

std::string request_text(const std::string& method, const std::string& target, const Headers& headers,
                         const std::string& body, const Address& address) {
  auto text = fmt::format("{} {} HTTP/1.1\r\n", method, target);
  if (!headers.has("host")) {
    text +=
        address.unix_path.empty() ? fmt::format("Host: {}:{}\r\n", address.host, address.port) : "Host: localhost\r\n";
  }
  for (const auto& [name, value] : headers) {
    if (equal_ignoring_case(name, "content-length") || equal_ignoring_case(name, "connection")) continue;
    text += fmt::format("{}: {}\r\n", name, value);
  }
  if (!body.empty() || method == "POST" || method == "PUT") text += fmt::format("Content-Length: {}\r\n", body.size());
  return text + "Connection: close\r\n\r\n" + body;
}

using Parser = beast::response_parser<beast::string_body>;

Reply to_reply(Parser& parser) {
  Reply reply;
  auto message = parser.release();
  reply.status = message.result_int();
  for (const auto& field : message) {
    reply.headers.add({field.name_string().data(), field.name_string().size()},
                      {field.value().data(), field.value().size()});
  }
  reply.body = std::move(message.body());
  return reply;
}

Error broken(const boost::system::error_code& ec, std::size_t limit) {
  if (ec == beast::error::body_limit) {
    return make_error(ErrorKind::limit_exceeded, "The peer's answer is longer than {} bytes.", limit);
  }
  auto error = make_error(ErrorKind::unavailable, "The peer's answer cannot be understood.");
  error.detail = ec.message();
  return error;
}

// Reads one answer, passing over interim ones (1xx).
Outcome<Reply> receive(int fd, bool head_only, Clock::time_point deadline, std::size_t limit) {
  std::string input;
  while (true) {
    Parser parser;
    parser.body_limit(limit);
    parser.header_limit(64 * 1024);
    parser.eager(true);
    parser.skip(head_only);
    bool ended = false;
    while (!parser.is_done()) {
      boost::system::error_code ec;
      if (!input.empty()) {
        input.erase(0, parser.put({input.data(), input.size()}, ec));
        if (ec && ec != beast::error::need_more) return broken(ec, limit);
        if (parser.is_done()) break;
      }
      if (ended) {
        parser.put_eof(ec);
        if (ec) return gone("the answer ended early", ECONNRESET);
        break;
      }
      CHECK_OK(wait(fd, POLLIN, deadline));
      auto before = input.size();
      input.resize(before + 64 * 1024);
      auto got = ::recv(fd, input.data() + before, 64 * 1024, 0);
      int code = errno;
      input.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
      if (got < 0 && code != EAGAIN && code != EINTR) return gone("recv", code);
      ended = got == 0;
      if (ended && !parser.got_some() && input.empty()) return gone("no answer", ECONNRESET);
    }
    if (parser.get().result_int() >= 200) return to_reply(parser);
  }
}

}  // namespace

Outcome<Reply> send(const Address& address, const std::string& method, const std::string& target,
                    const Headers& headers, const std::string& body, std::chrono::milliseconds timeout,
                    std::size_t limit) {
  auto deadline = Clock::now() + timeout;
  TRY(auto socket, connect_to(address, deadline));
  CHECK_OK(send_all(socket.fd(), request_text(method, target, headers, body, address), deadline));
  return receive(socket.fd(), method == "HEAD", deadline, limit);
}

}  // namespace clary::http
