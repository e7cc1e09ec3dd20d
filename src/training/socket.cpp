#include "training/socket.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>

namespace clary::training {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds pause{50};
constexpr int seconds_of_silence = 15 * 60;
// Hosts of the job speak as soon as they are connected.
constexpr std::chrono::seconds longest_greeting{10};
constexpr std::size_t most_silent = 256;

Error failed(std::string_view call, int code) {
  return io::system_error(call, "a socket between hosts", code);
}

void set_limits(int fd) {
  const timeval limit{seconds_of_silence, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Outcome<sockaddr_in> resolve(const std::string& host, int port) {
  addrinfo wanted{}, *found = nullptr;
  wanted.ai_family = AF_INET;
  wanted.ai_socktype = SOCK_STREAM;
  if (const int code = ::getaddrinfo(host.c_str(), nullptr, &wanted, &found); code != 0)
    return internal("the host {} is not found: {}", host, ::gai_strerror(code));
  sockaddr_in address = *reinterpret_cast<const sockaddr_in*>(found->ai_addr);
  ::freeaddrinfo(found);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

std::string text_of(const sockaddr_in& address) {
  char text[INET_ADDRSTRLEN] = "";
  ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
  return text;
}

int milliseconds_until(Socket::Deadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return left <= 0 ? 0 : static_cast<int>(std::min<long long>(left, 60'000));
}

Outcome<void> wait_to_receive(int fd, Socket::Deadline deadline) {
  while (true) {
    pollfd waits{fd, POLLIN, 0};
    const int ready = ::poll(&waits, 1, milliseconds_until(deadline));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return failed("poll", errno);
    if (Clock::now() >= deadline) return make_error(ErrorKind::timed_out, "another host says nothing");
  }
}

}  // namespace

Outcome<Socket> Socket::listen(int port) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.file_) return failed("socket", errno);
  const int on = 1;
  ::setsockopt(socket.file_.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::bind(socket.file_.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return failed("bind", errno);
  if (::listen(socket.file_.fd(), 256) != 0) return failed("listen", errno);
  return socket;
}

Outcome<Socket> Socket::connect(const std::string& host, int port, Deadline deadline) {
  while (true) {
    auto address = resolve(host, port);
    int code = 0;
    if (address) {
      Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      if (!socket.file_) return failed("socket", errno);
      if (::connect(socket.file_.fd(), reinterpret_cast<sockaddr*>(&*address), sizeof *address) == 0) {
        set_limits(socket.file_.fd());
        return socket;
      }
      code = errno;
    }
    if (Clock::now() >= deadline) return address ? failed("connect", code) : std::move(address).error();
    std::this_thread::sleep_for(pause);
  }
}

Outcome<int> Socket::port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getsockname(file_.fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return failed("getsockname", errno);
  return ntohs(address.sin_port);
}

Outcome<void> Socket::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(file_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return failed("send", errno);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Outcome<void> Socket::receive(char* bytes, std::size_t size, std::optional<Deadline> deadline) const {
  while (size > 0) {
    if (deadline) CHECK_OK(wait_to_receive(file_.fd(), *deadline));
    const ssize_t got = ::recv(file_.fd(), bytes, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("recv", errno);
    if (got == 0) return internal("another host has closed its connection");
    bytes += got;
    size -= static_cast<std::size_t>(got);
  }
  return {};
}

Outcome<std::string> Socket::receive_line(std::size_t longest, std::optional<Deadline> deadline) const {
  std::string line;
  char c = 0;
  while (line.size() < longest) {
    CHECK_OK(receive(&c, 1, deadline));
    if (c == '\n') return line;
    line += c;
  }
  return internal("another host sends a line without an end");
}

void Socket::close_now() const {
  ::shutdown(file_.fd(), SHUT_RDWR);
}

Outcome<Arrivals::Guest> Arrivals::next(Socket::Deadline deadline) {
  while (true) {
    std::vector<pollfd> waits;
    waits.push_back({door_.file_.fd(), POLLIN, 0});
    for (const Guest& guest : silent_) waits.push_back({guest.socket.file_.fd(), POLLIN, 0});
    const auto end = silent_.empty() ? deadline : std::min(deadline, silent_.front().greeted_by);
    const int ready = ::poll(waits.data(), waits.size(), milliseconds_until(end));
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return failed("poll", errno);
    const auto now = Clock::now();
    for (std::size_t i = 0; i < silent_.size(); ++i) {
      if (waits[i + 1].revents == 0) continue;
      Guest guest = std::move(silent_[i]);
      silent_.erase(silent_.begin() + static_cast<std::ptrdiff_t>(i));
      // Anew from here: it may have spoken long ago, while another one was looked after.
      guest.greeted_by = now + longest_greeting;
      return guest;
    }
    if (now >= deadline) return make_error(ErrorKind::timed_out, "no other host has come");
    std::erase_if(silent_, [&](const Guest& guest) { return guest.greeted_by <= now; });
    if (waits.front().revents != 0) CHECK_OK(admit());
  }
}

Outcome<void> Arrivals::admit() {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  Socket socket(::accept4(door_.file_.fd(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_CLOEXEC));
  if (!socket.file_) {
    // One that has gone again before it was let in is no fault of the door's.
    if (errno == ECONNABORTED || errno == EINTR) return {};
    return failed("accept", errno);
  }
  set_limits(socket.file_.fd());
  if (silent_.size() == most_silent) silent_.erase(silent_.begin());
  silent_.push_back({std::move(socket), text_of(address), Clock::now() + longest_greeting});
  return {};
}

Outcome<std::string> address_of(const std::string& host) {
  TRY(const sockaddr_in address, resolve(host, 0));
  return text_of(address);
}

}  // namespace clary::training
