#include "init/forwarder.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <functional>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <unordered_map>
#include <vector>

namespace clary::init {
namespace {

constexpr std::size_t most_connections = 1000;
constexpr std::size_t most_held = 64 * 1024;

// One direction's source: what was read from `fd` and could not yet be written to the other end.
struct End {
  int fd = -1;
  std::string held;
  std::size_t sent = 0;
  bool ended = false;    // it will send no more
  bool shut = false;     // the other end was told so
  unsigned watched = 0;  // the epoll events now asked for
};

struct Connection {
  End ends[2];
  bool finished = false;
};

int connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return -1;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  // A Unix socket connects at once or not at all; EAGAIN is a full listen queue, which the client sees as a reset and
  // tries again.
  if (fd >= 0 && connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

int connect_to(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 || errno == EINPROGRESS) return fd;
  close(fd);
  return -1;
}

class Forwarder {
 public:
  Forwarder(int listener, std::function<int()> connect)
      : listener_(listener), connect_(std::move(connect)), epoll_(epoll_create1(EPOLL_CLOEXEC)), buffer_(most_held) {
    watch_listener(true);
  }

  void run() {
    std::vector<epoll_event> events(256);
    while (true) {
      const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < ready; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == listener_) {
          accept_some();
        } else if (auto found = connections_.find(fd); found != connections_.end()) {
          serve(found->second);
        }
      }
      // Descriptors are closed only here, so that an event of this round never meets a new connection under an old
      // number.
      for (Connection* connection : finished_) discard(connection);
      finished_.clear();
    }
  }

 private:
  void watch_listener(bool on) {
    epoll_event event{EPOLLIN, {.fd = listener_}};
    epoll_ctl(epoll_, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, listener_, &event);
    accepting_ = on;
  }

  void accept_some() {
    for (int i = 0; i < 64; ++i) {
      if (connections_.size() >= 2 * most_connections) return watch_listener(false);
      const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (client < 0) {
        // Out of descriptors: the listener would be told as ready again and again, so wait for a connection to end.
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED && !connections_.empty()) watch_listener(false);
        return;
      }
      const int one = 1;
      setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      const int server = connect_();
      if (server < 0) {
        const linger reset{1, 0};
        setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(client);
        continue;
      }
      auto* connection = new Connection;
      connection->ends[0].fd = client;
      connection->ends[1].fd = server;
      for (End& end : connection->ends) {
        connections_[end.fd] = connection;
        end.watched = EPOLLIN;
        epoll_event event{EPOLLIN, {.fd = end.fd}};
        epoll_ctl(epoll_, EPOLL_CTL_ADD, end.fd, &event);
      }
    }
  }

  void serve(Connection* connection) {
    if (connection->finished) return;
    End* ends = connection->ends;
    const bool whole = move(ends[0], ends[1]) && move(ends[1], ends[0]);
    if (!whole || (ends[0].shut && ends[1].shut)) {
      connection->finished = true;
      finished_.push_back(connection);
      return;
    }
    for (int side = 0; side < 2; ++side) rewatch(ends[side], ends[1 - side]);
  }

  // Copies from one end to the other as far as both go; false when the connection is broken.
  bool move(End& from, End& to) {
    if (!flush(from, to)) return false;
    for (int rounds = 0; rounds < 16 && from.held.empty() && !from.ended; ++rounds) {
      const ssize_t got = recv(from.fd, buffer_.data(), buffer_.size(), 0);
      if (got < 0) return errno == EAGAIN || errno == EINTR;
      if (got == 0) {
        from.ended = true;
        break;
      }
      ssize_t sent = send(to.fd, buffer_.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL);
      if (sent < 0) {
        if (errno != EAGAIN && errno != EINTR) return false;
        sent = 0;
      }
      if (sent < got) from.held.assign(buffer_.data() + sent, static_cast<std::size_t>(got - sent));
    }
    if (from.ended && from.held.empty() && !from.shut) {
      shutdown(to.fd, SHUT_WR);
      from.shut = true;
    }
    return true;
  }

  bool flush(End& from, End& to) {
    while (!from.held.empty()) {
      const ssize_t sent = send(to.fd, from.held.data() + from.sent, from.held.size() - from.sent, MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN || errno == EINTR;
      from.sent += static_cast<std::size_t>(sent);
      if (from.sent < from.held.size()) continue;
      from.sent = 0;
      std::string().swap(from.held);
    }
    return true;
  }

  void rewatch(End& end, const End& other) {
    const bool reads = !end.ended && end.held.empty(), writes = !other.held.empty();
    const unsigned wanted = (reads ? EPOLLIN : 0U) | (writes ? EPOLLOUT : 0U);
    if (wanted == end.watched) return;
    // An end that is asked for nothing leaves epoll altogether: a hang-up would be told again and again.
    epoll_event event{wanted, {.fd = end.fd}};
    epoll_ctl(epoll_, wanted == 0 ? EPOLL_CTL_DEL : end.watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, end.fd, &event);
    end.watched = wanted;
  }

  void discard(Connection* connection) {
    for (End& end : connection->ends) {
      connections_.erase(end.fd);
      close(end.fd);
    }
    delete connection;
    if (!accepting_) watch_listener(true);
  }

  int listener_;
  std::function<int()> connect_;  // a connected or connecting, non-blocking socket; -1: not now
  int epoll_;
  std::vector<char> buffer_;
  bool accepting_ = false;
  std::unordered_map<int, Connection*> connections_;  // by both of its descriptors
  std::vector<Connection*> finished_;
};

}  // namespace

int listen_on(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  const int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && listen(fd, 256) == 0) return fd;
  const int code = errno;
  close(fd);
  errno = code;
  return -1;
}

int listen_at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  unlink(path.c_str());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && chmod(path.c_str(), 0666) == 0 &&
      listen(fd, 1024) == 0) {
    return fd;
  }
  const int code = errno;
  close(fd);
  errno = code;
  return -1;
}

void forward(int listener, const std::string& socket) {
  Forwarder(listener, [socket] { return connect_to(socket); }).run();
  _exit(1);
}

void forward(int listener, int port) {
  Forwarder(listener, [port] { return connect_to(port); }).run();
  _exit(1);
}

}  // namespace clary::init
