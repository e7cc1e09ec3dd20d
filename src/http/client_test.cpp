#include "http/client.hpp"

#include <gtest/gtest.h>
#include <thread>

#include "http/test_server.hpp"

namespace clary::http {
namespace {

using namespace std::chrono_literals;

Address tcp(const TestServer& server) {
  auto text = server.address();
  return {.host = "127.0.0.1", .port = static_cast<std::uint16_t>(std::stoi(text.substr(text.rfind(':') + 1)))};
}

TEST(Client, AsksOverTcpAndUnix) {
  TestServer server(echo());
  for (const auto& address : {tcp(server), Address{.unix_path = server.socket()}}) {
    auto reply = send(address, "POST", "/p?q=1", {}, "hello", 5s);
    ASSERT_TRUE(reply.ok()) << reply.error().message;
    EXPECT_EQ(reply->status, 200U);
    EXPECT_EQ(reply->body, "POST /p?q=1 hello");
    EXPECT_TRUE(reply->headers.has("Date"));
  }
  EXPECT_EQ(send(tcp(server), "HEAD", "/", {}, "", 5s)->body, "");
}

TEST(Client, PassesOverInterimAnswersAndReadsChunks) {
  TestServer server(blocking([](Request&, BodyReader& body) {
    auto whole = read_all(body, 1000);
    Response response;
    response.body =
        Stream{[text = *whole]() mutable -> Outcome<std::string> { return std::exchange(text, ""); }, std::nullopt};
    return response;
  }));
  Headers headers;
  headers.add("Expect", "100-continue");
  auto reply = send(tcp(server), "PUT", "/", headers, "streamed", 5s);
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->status, 200U);
  EXPECT_EQ(reply->body, "streamed");
}

TEST(Client, SaysWhatWentWrong) {
  EXPECT_EQ(send({.unix_path = "/nowhere/socket"}, "GET", "/", {}, "", 1s).error().kind, ErrorKind::unavailable);
  std::promise<void> open;
  auto opened = open.get_future().share();
  TestServer server(blocking([opened](Request& request, BodyReader&) {
    if (request.path == "/hangs") opened.wait();
    return text(std::string(1000, 'x'));
  }));
  EXPECT_EQ(send(tcp(server), "GET", "/hangs", {}, "", 50ms).error().kind, ErrorKind::timed_out);
  open.set_value();
  EXPECT_EQ(send(tcp(server), "GET", "/", {}, "", 5s, 999).error().kind, ErrorKind::limit_exceeded);
  EXPECT_TRUE(send(tcp(server), "GET", "/", {}, "", 5s, 1000).ok());
  auto closed = tcp(server);
  server.server().stop(0ms);
  EXPECT_EQ(send(closed, "GET", "/", {}, "", 5s).error().kind, ErrorKind::unavailable);
}

}  // namespace
}  // namespace clary::http
