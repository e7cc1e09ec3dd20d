// echo_worker SOCKET: a model server that answers /ping and echoes /invocations, to measure what the server adds to a model's own time.
// One thread, epoll, keep-alive; a request must be framed by Content-Length. It believes its peer: for benchmarks alone.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <unordered_map>

namespace {

struct Connection {
  std::string in, out;
};

// The value of Content-Length; 0 where there is none.
std::size_t content_length(std::string_view head) {
  constexpr std::string_view name = "\r\ncontent-length:";
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 1)) {
    std::string_view line = head.substr(at, name.size());
    if (line.size() == name.size() && strncasecmp(line.data(), name.data(), name.size()) == 0)
      return std::strtoull(head.data() + at + name.size(), nullptr, 10);
  }
  return 0;
}

// Moves every complete request from `in` to its answer in `out`.
void answer_all(Connection& connection) {
  std::string_view rest = connection.in;
  while (true) {
    auto end = rest.find("\r\n\r\n");
    if (end == std::string_view::npos) break;
    std::string_view head = rest.substr(0, end + 4);
    std::size_t length = content_length(head);
    if (rest.size() < head.size() + length) break;
    std::string_view body =
        head.starts_with("POST /invocations ") ? rest.substr(head.size(), length) : std::string_view();
    connection.out += "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: ";
    connection.out.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
    rest.remove_prefix(head.size() + length);
  }
  connection.in.erase(0, connection.in.size() - rest.size());
}

// False when the peer has gone.
bool flush(int fd, Connection& connection) {
  std::size_t sent = 0;
  while (sent < connection.out.size()) {
    ssize_t count = ::send(fd, connection.out.data() + sent, connection.out.size() - sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) return false;
    sent += static_cast<std::size_t>(count);
  }
  connection.out.erase(0, sent);
  return true;
}

bool receive(int fd, Connection& connection) {
  char buffer[65536];
  while (true) {
    ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
    if (count < 0) return errno == EAGAIN;
    if (count == 0) return false;
    connection.in.append(buffer, static_cast<std::size_t>(count));
    if (static_cast<std::size_t>(count) < sizeof buffer) return true;
  }
}

int listen_at(const std::string& path) {
  // Under another name until it listens: who sees the socket can connect to it.
  std::string hidden = path + ".starting";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (hidden.size() >= sizeof address.sun_path) return -1;
  hidden.copy(address.sun_path, hidden.size());
  ::unlink(hidden.c_str());
  int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener, 1024) != 0)
    return -1;
  return std::rename(hidden.c_str(), path.c_str()) == 0 ? listener : -1;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: echo_worker SOCKET\n");
    return 2;
  }
  int listener = listen_at(arguments[1]);
  if (listener < 0) {
    std::perror("echo_worker");
    return 1;
  }
  int poll = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event added{EPOLLIN, {.fd = listener}};
  ::epoll_ctl(poll, EPOLL_CTL_ADD, listener, &added);
  std::unordered_map<int, Connection> connections;
  while (true) {
    epoll_event events[256];
    int ready = ::epoll_wait(poll, events, 256, -1);
    for (int i = 0; i < ready; ++i) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        for (int peer; (peer = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0;) {
          epoll_event peers{EPOLLIN | EPOLLOUT | EPOLLET, {.fd = peer}};
          ::epoll_ctl(poll, EPOLL_CTL_ADD, peer, &peers);
          connections.emplace(peer, Connection());
        }
        continue;
      }
      Connection& connection = connections[fd];
      bool alive = receive(fd, connection);
      answer_all(connection);
      if (!flush(fd, connection) || !alive) {
        connections.erase(fd);
        ::close(fd);
      }
    }
  }
}
