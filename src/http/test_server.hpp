// For tests: a server on 127.0.0.1 and a Unix socket, with short deadlines. Owned by a test.
// Thread rule: as Server. Invariant: it has stopped when the object is gone.
#pragma once

#include <filesystem>
#include <future>
#include <gtest/gtest.h>
#include <memory>
#include <unistd.h>

#include "base/rng.hpp"
#include "http/server.hpp"
#include "http/test_peer.hpp"

namespace clary::http {

class TestFolder {
 public:
  TestFolder() : path_(std::filesystem::temp_directory_path() / ("clary-http-" + random_alphanumeric(10))) {
    std::filesystem::create_directories(path_);
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

class TestServer {
 public:
  explicit TestServer(ServerHooks hooks, ServerOptions options = {}, std::shared_ptr<Authority> authority = nullptr) {
    options.listen.insert(options.listen.begin(), "127.0.0.1:0");
    options.unix_sockets = {folder_ / "socket"};
    if (options.loops == 0) options.loops = 2;
    server_ = std::make_unique<Server>(options, std::move(hooks), std::move(authority));
    auto started = server_->start();
    EXPECT_TRUE(started.ok()) << started.error().message << started.error().detail;
  }
  std::string address(std::size_t at = 0) const { return server_->addresses().at(at); }
  std::string socket() const { return folder_ / "socket"; }
  TestPeer connect(int receive_buffer = 0) const { return TestPeer::to(address(), receive_buffer); }
  Server& server() { return *server_; }

 private:
  TestFolder folder_;
  std::unique_ptr<Server> server_;
};

inline const std::string get = "GET /a%20b?x=%2F HTTP/1.1\r\nHost: h\r\n\r\n";

// A route that answers every request by `handle` on the pool.
inline ServerHooks blocking(std::function<Response(Request&, BodyReader&)> handle, bool buffer = true,
                            std::size_t limit = 16 * 1024 * 1024) {
  ServerHooks hooks;
  hooks.route = [=](Request&) -> Route { return Blocking{handle, buffer, limit, nullptr}; };
  return hooks;
}

inline Response text(std::string body, unsigned status = 200) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

inline ServerHooks echo(bool buffer = true, std::size_t limit = 16 * 1024 * 1024) {
  return blocking(
      [](Request& request, BodyReader& body) {
        auto whole = read_all(body, 64 * 1024 * 1024);
        if (!whole) return text(whole.error().message, 400);
        return text(request.method + " " + request.path + "?" + request.query + " " + *whole);
      },
      buffer, limit);
}

}  // namespace clary::http
