// load_client ADDRESS REQUEST_FILE CONNECTIONS SECONDS UNWANTED: sends the requests of the file over that many connections, on each the next after
// the answer to the last, and prints the calls a second and the quantiles of their round trips in milliseconds as JSON. It ends with an error at
// the first answer that is not 200 or has UNWANTED in it. ADDRESS is 127.0.0.1:PORT; before each request of the file stands its length and a line
// feed; connection c sends the requests c, c + CONNECTIONS, c + 2 * CONNECTIONS ... over and over, or each of them once where SECONDS is 0.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "load_client: %s\n", why.c_str());
  std::exit(1);
}

std::vector<std::string> read_requests(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::string> requests;
  for (std::size_t length = 0; file >> length;) {
    file.get();
    std::string request(length, '\0');
    file.read(request.data(), static_cast<std::streamsize>(length));
    requests.push_back(std::move(request));
  }
  if (requests.empty()) fail(std::string("no requests in ") + path);
  return requests;
}

int connect_to(const char* address) {
  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  there.sin_port = htons(static_cast<std::uint16_t>(std::atoi(std::string(address).substr(std::string(address).rfind(':') + 1).c_str())));
  int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&there), sizeof there) != 0) fail(std::string("no connection to ") + address);
  return fd;
}

struct Connection {
  int fd = -1;
  std::size_t next = 0;    // request
  std::string answer;      // what has come of it
  Clock::time_point sent;
};

// Whether the answer is there whole; it must have a Content-Length.
bool is_whole(const std::string& answer) {
  auto end = answer.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  std::string head = answer.substr(0, end);
  std::transform(head.begin(), head.end(), head.begin(), [](unsigned char c) { return std::tolower(c); });
  auto length = head.find("\r\ncontent-length:");
  if (length == std::string::npos) fail("an answer without Content-Length: " + head);
  return answer.size() >= end + 4 + std::strtoull(head.c_str() + length + 17, nullptr, 10);
}

class Load {
 public:
  Load(const char* address, std::vector<std::string> requests, std::size_t count, std::string unwanted)
      : requests_(std::move(requests)), unwanted_(std::move(unwanted)), connections_(count), poll_(::epoll_create1(0)) {
    for (std::size_t i = 0; i < count; ++i) {
      connections_[i].fd = connect_to(address);
      connections_[i].next = i;
      epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
      ::epoll_ctl(poll_, EPOLL_CTL_ADD, connections_[i].fd, &event);
    }
  }

  void run(std::chrono::duration<double> time) {
    const bool once = time.count() == 0;
    const auto began = Clock::now(), end = began + std::chrono::duration_cast<Clock::duration>(time);
    for (Connection& connection : connections_) send(connection);
    epoll_event events[64];
    for (std::size_t waiting = connections_.size(); waiting > 0;) {
      int count = ::epoll_wait(poll_, events, 64, 30'000);
      if (count <= 0) fail("no answer for 30 s");
      for (int i = 0; i < count; ++i) {
        Connection& connection = connections_[events[i].data.u64];
        if (!receive(connection)) continue;
        if (once ? connection.next < requests_.size() : Clock::now() < end) {
          send(connection);
        } else {
          --waiting;
        }
      }
    }
    report(std::chrono::duration<double>(Clock::now() - began).count());
  }

 private:
  void send(Connection& connection) {
    const std::string& request = requests_[connection.next % requests_.size()];
    connection.next += connections_.size();
    connection.answer.clear();
    connection.sent = Clock::now();
    if (::send(connection.fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) fail("a request was not taken");
  }

  bool receive(Connection& connection) {
    char buffer[65536];
    ssize_t count = ::recv(connection.fd, buffer, sizeof buffer, 0);
    if (count <= 0) fail("a connection ended");
    connection.answer.append(buffer, static_cast<std::size_t>(count));
    if (!is_whole(connection.answer)) return false;
    times_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - connection.sent).count());
    if (!connection.answer.starts_with("HTTP/1.1 200") || connection.answer.find(unwanted_) != std::string::npos)
      fail("not the answer that was wanted: " + connection.answer.substr(0, 600));
    return true;
  }

  void report(double seconds) {
    std::sort(times_.begin(), times_.end());
    auto at = [&](double share) { return times_[static_cast<std::size_t>(share * static_cast<double>(times_.size() - 1))]; };
    std::printf("{\"rps\": %.1f, \"p50\": %.3f, \"p99\": %.3f}\n", static_cast<double>(times_.size()) / seconds, at(0.5), at(0.99));
  }

  std::vector<std::string> requests_;
  std::string unwanted_;
  std::vector<Connection> connections_;
  std::vector<double> times_;
  int poll_;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 6) fail("usage: load_client ADDRESS REQUEST_FILE CONNECTIONS SECONDS UNWANTED");
  Load load(arguments[1], read_requests(arguments[2]), std::strtoull(arguments[3], nullptr, 10), arguments[5]);
  load.run(std::chrono::duration<double>(std::atof(arguments[4])));
}
