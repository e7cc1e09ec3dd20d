// latency_client ADDRESS REQUEST_FILE COUNT: sends one HTTP request over and over on one connection, each after the answer to the last, and
// prints the quantiles of the round trip in microseconds as JSON. ADDRESS is a Unix socket's path or 127.0.0.1:PORT.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

namespace {

int connect_to(const std::string& address) {
  if (address.starts_with("/")) {
    sockaddr_un there{};
    there.sun_family = AF_UNIX;
    if (address.size() >= sizeof there.sun_path) return -1;
    address.copy(there.sun_path, address.size());
    int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    return ::connect(fd, reinterpret_cast<sockaddr*>(&there), sizeof there) == 0 ? fd : -1;
  }
  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  there.sin_port = htons(static_cast<std::uint16_t>(std::atoi(address.c_str() + address.rfind(':') + 1)));
  int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return ::connect(fd, reinterpret_cast<sockaddr*>(&there), sizeof there) == 0 ? fd : -1;
}

// False where the answer is not 200 or the connection ended. The answer must have a Content-Length.
bool round_trip(int fd, const std::string& request, std::string& answer) {
  if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) return false;
  answer.clear();
  char buffer[65536];
  std::size_t whole = 0;
  while (whole == 0 || answer.size() < whole) {
    ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
    if (count <= 0) return false;
    answer.append(buffer, static_cast<std::size_t>(count));
    auto end = answer.find("\r\n\r\n");
    if (whole > 0 || end == std::string::npos) continue;
    std::string head = answer.substr(0, end);
    std::transform(head.begin(), head.end(), head.begin(), [](unsigned char c) { return std::tolower(c); });
    auto length = head.find("\r\ncontent-length:");
    if (length == std::string::npos) return false;
    whole = end + 4 + std::strtoull(head.c_str() + length + 17, nullptr, 10);
  }
  return answer.starts_with("HTTP/1.1 200");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) {
    std::fprintf(stderr, "usage: latency_client ADDRESS REQUEST_FILE COUNT\n");
    return 2;
  }
  std::ifstream file(arguments[2], std::ios::binary);
  std::string request((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>()), answer;
  int fd = connect_to(arguments[1]);
  if (fd < 0 || request.empty()) {
    std::perror(arguments[1]);
    return 1;
  }
  const int rounds = std::atoi(arguments[3]), warm_up = rounds / 10;
  std::vector<double> times;
  for (int i = -warm_up; i < rounds; ++i) {
    auto began = std::chrono::steady_clock::now();
    if (!round_trip(fd, request, answer)) {
      std::fprintf(stderr, "no 200: %s\n", answer.substr(0, 600).c_str());
      return 1;
    }
    std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - began;
    if (i >= 0) times.push_back(taken.count());
  }
  std::sort(times.begin(), times.end());
  auto at = [&](double share) {
    return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
  };
  std::printf("{\"p50\": %.1f, \"p90\": %.1f, \"p99\": %.1f}\n", at(0.5), at(0.9), at(0.99));
}
