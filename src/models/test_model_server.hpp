// A model server for tests: answers at <folder>/worker.sock what the test says, a thread a connection. Owned by the test.
// Thread rule: the handler is called on many threads. Invariant: gone when destroyed, with its socket.
#pragma once

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace clary::models {

struct TestRequest {
  std::string method, path, head, body;
};
struct TestAnswer {
  int status = 200;
  std::string body;
  std::string content_type = "text/csv";
  bool hang_up = false;  // the connection is closed in place of an answer
};

class TestModelServer {
 public:
  using Handler = std::function<TestAnswer(const TestRequest&)>;

  TestModelServer(const std::string& folder, Handler handler) : path_(folder + "/worker.sock"), handler_(std::move(handler)) {
    listener_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    ::unlink(path_.c_str());
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(listener_, 64) != 0) std::abort();
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~TestModelServer() {
    closing_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    {
      std::lock_guard lock(mutex_);
      for (const int connection : connections_) ::shutdown(connection, SHUT_RDWR);
    }
    for (auto& thread : threads_) thread.join();
    ::unlink(path_.c_str());
  }

 private:
  void accept_all() {
    while (!closing_) {
      const int connection = ::accept(listener_, nullptr, nullptr);
      if (connection < 0) return;
      std::lock_guard lock(mutex_);
      connections_.push_back(connection);
      threads_.emplace_back([this, connection] { serve(connection); });
    }
  }
  void serve(int connection) {
    std::string buffer;
    while (true) {
      TestRequest request;
      if (!read(connection, buffer, request)) break;
      const TestAnswer answer = handler_(request);
      if (answer.hang_up) break;
      std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " X\r\nContent-Type: " + answer.content_type +
                         "\r\nContent-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n" + answer.body;
      for (std::size_t sent = 0; sent < text.size();) {
        const ssize_t more = ::send(connection, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (more <= 0) break;
        sent += static_cast<std::size_t>(more);
      }
    }
    std::lock_guard lock(mutex_);
    connections_.remove(connection);
    ::close(connection);
  }
  bool more(int connection, std::string& buffer) {
    char piece[65536];
    const ssize_t got = ::recv(connection, piece, sizeof piece, 0);
    if (got <= 0) return false;
    buffer.append(piece, static_cast<std::size_t>(got));
    return true;
  }
  bool take(int connection, std::string& buffer, std::size_t size, std::string& to) {
    while (buffer.size() < size) {
      if (!more(connection, buffer)) return false;
    }
    to.append(buffer, 0, size);
    buffer.erase(0, size);
    return true;
  }
  bool read(int connection, std::string& buffer, TestRequest& request) {
    std::size_t end = 0;
    while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
      if (!more(connection, buffer)) return false;
    }
    if (!take(connection, buffer, end + 4, request.head)) return false;
    request.method = request.head.substr(0, request.head.find(' '));
    const std::size_t path = request.method.size() + 1;
    request.path = request.head.substr(path, request.head.find(' ', path) - path);
    if (const auto at = request.head.find("Content-Length: "); at != std::string::npos)
      return take(connection, buffer, std::strtoul(request.head.c_str() + at + 16, nullptr, 10), request.body);
    if (request.head.find("chunked") == std::string::npos) return true;
    while (true) {
      std::size_t line = 0;
      while ((line = buffer.find("\r\n")) == std::string::npos) {
        if (!more(connection, buffer)) return false;
      }
      const std::size_t size = std::strtoul(buffer.c_str(), nullptr, 16);
      std::string ignored;
      if (!take(connection, buffer, line + 2, ignored) || !take(connection, buffer, size, request.body) ||
          !take(connection, buffer, 2, ignored))
        return false;
      if (size == 0) return true;
    }
  }

  const std::string path_;
  const Handler handler_;
  std::atomic<bool> closing_{false};
  int listener_ = -1;
  std::thread acceptor_;
  std::mutex mutex_;
  std::list<int> connections_;
  std::list<std::thread> threads_;
};

}  // namespace clary::models
