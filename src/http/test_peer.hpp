// For tests: a client that writes raw bytes to a server and reads answers, so that it can also misbehave.
// Owned by a test. Thread rule: one thread. Invariant: no wait is longer than five seconds.
#pragma once

#include <arpa/inet.h>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/message.hpp"

namespace clary::http {

struct TestAnswer {
  unsigned status = 0;
  std::string head;
  std::string body;
  Headers headers;
};

class TestPeer {
 public:
  explicit TestPeer(int fd) : fd_(fd) {
    timeval limit{5, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  }
  TestPeer(TestPeer&& other) noexcept : fd_(std::exchange(other.fd_, -1)), input_(std::move(other.input_)) {}
  ~TestPeer() { close(); }

  // "127.0.0.1:port"
  static TestPeer to(const std::string& address, int receive_buffer = 0) {
    auto colon = address.rfind(':');
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
    inet_pton(AF_INET, address.substr(0, colon).c_str(), &at.sin_addr);
    int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer > 0) ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    if (::connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof(at)) != 0) {
      ::close(fd);
      fd = -1;
    }
    return TestPeer(fd);
  }
  static TestPeer to_unix(const std::string& path) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, path.c_str(), path.size() + 1);
    int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof(at)) != 0) {
      ::close(fd);
      fd = -1;
    }
    return TestPeer(fd);
  }

  bool connected() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void end_writing() { ::shutdown(fd_, SHUT_WR); }
  bool write(std::string_view text) {
    while (!text.empty()) {
      auto wrote = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (wrote <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return true;
  }
  // Exactly `count` bytes; fewer where the stream ended before.
  std::string read(std::size_t count) {
    while (input_.size() < count && more()) {
    }
    auto text = input_.substr(0, count);
    input_.erase(0, text.size());
    return text;
  }
  // True when the server ended the connection, and nothing came before that end.
  bool ended() { return input_.empty() && !more() && !timed_out_; }
  bool silent_for(int milliseconds) {
    pollfd waited{fd_, POLLIN, 0};
    return input_.empty() && ::poll(&waited, 1, milliseconds) == 0;
  }

  // A message's head, for a test that plays the server; empty where the stream ended before.
  std::string answer_head() {
    auto end = std::string::npos;
    while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
      if (!more()) return {};
    }
    return read(end + 4);
  }
  std::optional<TestAnswer> answer(bool head_only = false) {
    TestAnswer answer;
    answer.head = answer_head();
    if (answer.head.empty()) return std::nullopt;
    auto end = answer.head.size() - 4;
    answer.status = static_cast<unsigned>(std::stoi(answer.head.substr(9, 3)));
    for (auto at = answer.head.find("\r\n") + 2; at < end;) {
      auto eol = answer.head.find("\r\n", at);
      auto colon = answer.head.find(": ", at);
      answer.headers.add(answer.head.substr(at, colon - at), answer.head.substr(colon + 2, eol - colon - 2));
      at = eol + 2;
    }
    if (head_only || answer.status < 200 || answer.status == 204 || answer.status == 304) return answer;
    if (auto length = answer.headers.find("content-length")) {
      answer.body = read(std::stoul(std::string(*length)));
    } else if (answer.headers.has("transfer-encoding")) {
      while (auto size = chunk()) {
        if (*size == 0) return answer;
        answer.body += read(*size);
        read(2);
      }
      return std::nullopt;
    } else {
      while (more()) {
      }
      answer.body = read(input_.size());
    }
    return answer;
  }
  std::optional<TestAnswer> ask(std::string_view request, bool head_only = false) {
    if (!write(request)) return std::nullopt;
    return answer(head_only);
  }

 private:
  bool more() {
    char piece[65536];
    auto got = ::recv(fd_, piece, sizeof(piece), 0);
    timed_out_ = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (got <= 0) return false;
    input_.append(piece, static_cast<std::size_t>(got));
    return true;
  }
  std::optional<std::size_t> chunk() {
    auto end = std::string::npos;
    while ((end = input_.find("\r\n")) == std::string::npos) {
      if (!more()) return std::nullopt;
    }
    auto line = read(end + 2);
    auto size = std::stoul(line, nullptr, 16);
    if (size == 0) read(2);
    return size;
  }

  int fd_;
  std::string input_;
  bool timed_out_ = false;
};

}  // namespace clary::http
