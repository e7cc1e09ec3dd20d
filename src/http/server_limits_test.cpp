// What a client may not do, how much it may, and how long the server waits for it.
#include <gtest/gtest.h>
#include <thread>

#include "http/server.hpp"
#include "http/test_server.hpp"

namespace clary::http {
namespace {

using namespace std::chrono_literals;

TEST(ServerLimits, MalformedRequestsGoThroughTheHookAndEnd) {
  auto hooks = echo();
  hooks.malformed = [](unsigned status, const std::string& why) { return text("malformed: " + why, status); };
  TestServer server(hooks);
  const std::string host = "Host: h\r\n";
  const std::vector<std::pair<std::string, unsigned>> cases{
      {"nonsense\r\n\r\n", 400},
      {"GET noslash HTTP/1.1\r\n" + host + "\r\n", 400},
      {"GET / HTTP/9.9\r\n" + host + "\r\n", 505},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + host + "\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + "No colon\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + "Space : x\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: identity\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + "Expect: tea\r\n\r\n", 417},
      {"GET / HTTP/1.1\r\n" + host + "X: " + std::string(70'000, 'x') + "\r\n\r\n", 431},
  };
  for (const auto& [request, status] : cases) {
    auto peer = server.connect();
    auto answer = peer.ask(request);
    ASSERT_TRUE(answer) << request.substr(0, 100);
    EXPECT_EQ(answer->status, status) << request.substr(0, 100);
    EXPECT_TRUE(answer->body.starts_with("malformed: ")) << answer->body;
    EXPECT_TRUE(peer.ended()) << request.substr(0, 100);
  }
  EXPECT_EQ(server.connect().ask(get)->status, 200U);
}

TEST(ServerLimits, HeadersUpToTheLimitAreServed) {
  TestServer server(echo());
  auto answer = server.connect().ask("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(60'000, 'x') + "\r\n\r\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200U);
}

TEST(ServerLimits, ATruncatedBodyFailsTheReader) {
  std::promise<ErrorKind> failed;
  TestServer server(blocking(
      [&](Request&, BodyReader& body) {
        auto whole = read_all(body, 10'000'000);
        failed.set_value(whole ? ErrorKind::internal : whole.error().kind);
        return text("", 400);
      },
      false));
  auto peer = server.connect();
  ASSERT_TRUE(peer.write("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n" + std::string(100'000, 'x')));
  peer.close();
  EXPECT_EQ(failed.get_future().get(), ErrorKind::unavailable);
}

TEST(ServerLimits, BrokenChunksFailTheReader) {
  TestServer server(echo(false));
  auto answer =
      server.connect().ask("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nq\r\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 400U);
  EXPECT_EQ(answer->body, "The request's body is not framed correctly.");
}

TEST(ServerLimits, SlowClientsAreCutOff) {
  std::promise<ErrorKind> failed;
  auto hooks = blocking(
      [&](Request&, BodyReader& body) {
        auto whole = read_all(body, 10'000'000);
        failed.set_value(whole ? ErrorKind::internal : whole.error().kind);
        return text("slow", 400);
      },
      false);
  ServerOptions options;
  options.header_timeout = options.body_timeout = options.idle_timeout = 500ms;
  TestServer server(hooks, options);
  auto silent = server.connect();
  auto half_a_head = server.connect();
  ASSERT_TRUE(half_a_head.write("GET / HTTP/1.1\r\nHo"));
  auto half_a_body = server.connect();
  ASSERT_TRUE(half_a_body.write("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nabc"));
  EXPECT_TRUE(silent.ended());
  EXPECT_EQ(half_a_head.answer()->status, 408U);
  EXPECT_TRUE(half_a_head.ended());
  EXPECT_EQ(failed.get_future().get(), ErrorKind::timed_out);
  EXPECT_EQ(half_a_body.answer()->body, "slow");
  EXPECT_TRUE(half_a_body.ended());
}

TEST(ServerLimits, AClientThatStopsReadingIsCutOff) {
  std::atomic<bool> dropped{false};
  struct Mark {
    std::atomic<bool>& flag;
    ~Mark() { flag = true; }
  };
  auto hooks = blocking([&](Request&, BodyReader&) {
    auto mark = std::make_shared<Mark>(dropped);
    Response response;
    response.body = Stream{[mark]() -> Outcome<std::string> { return std::string(1024 * 1024, 'x'); }, std::nullopt};
    return response;
  });
  ServerOptions options;
  options.body_timeout = 50ms;
  TestServer server(hooks, options);
  auto peer = server.connect(4096);
  ASSERT_TRUE(peer.write(get));
  for (int at = 0; at < 500 && !dropped; ++at) std::this_thread::sleep_for(10ms);
  EXPECT_TRUE(dropped);
}

TEST(ServerLimits, BodiesBeyondTheLimitAreRefused) {
  auto hooks = echo(true, 1000);
  hooks.route = [inner = hooks.route](Request& request) {
    auto route = inner(request);
    std::get<Blocking>(route).too_large = [](const Request&) { return text("too large", 400); };
    return route;
  };
  TestServer server(hooks);
  auto peer = server.connect();
  auto known = peer.ask("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'x'));
  ASSERT_TRUE(known);
  EXPECT_EQ(known->body, "too large");
  auto chunked = peer.ask("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n500\r\n" +
                          std::string(0x500, 'x') + "\r\n0\r\n\r\n");
  ASSERT_TRUE(chunked);
  EXPECT_EQ(chunked->body, "too large");
  auto exact = peer.ask("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x'));
  ASSERT_TRUE(exact);
  EXPECT_EQ(exact->body.size(), 1000 + std::string("PUT /? ").size());
}

TEST(ServerLimits, AnUnreadBodyIsDrainedOrTheConnectionEnds) {
  TestServer server(blocking([](Request&, BodyReader&) { return text("unread"); }, false));
  auto peer = server.connect();
  auto small = peer.ask("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 900000\r\n\r\n" + std::string(900'000, 'x'));
  ASSERT_TRUE(small);
  EXPECT_FALSE(small->headers.has("connection"));
  auto large = peer.ask("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 90000000\r\n\r\n" + std::string(100'000, 'x'));
  ASSERT_TRUE(large);
  EXPECT_EQ(large->headers.get("connection"), "close");
  EXPECT_TRUE(peer.ended());
}

TEST(ServerLimits, BeyondThePoolsQueueItSaysTryAgain) {
  std::promise<void> open;
  auto opened = open.get_future().share();
  ServerOptions options;
  options.pool_threads = 1;
  options.pool_queue = 1;
  TestServer server(blocking([opened](Request&, BodyReader&) {
                      opened.wait();
                      return text("done");
                    }),
                    options);
  std::vector<TestPeer> peers;
  unsigned turned_away = 0;
  for (int at = 0; at < 3; ++at) {
    peers.push_back(server.connect());
    ASSERT_TRUE(peers.back().write(get));
  }
  // One runs, one waits; whichever came third is told at once.
  while (turned_away == 0) {
    for (auto& peer : peers) {
      if (peer.silent_for(10)) continue;
      auto answer = peer.answer();
      ASSERT_TRUE(answer);
      EXPECT_EQ(answer->status, 503U);
      EXPECT_EQ(answer->headers.get("retry-after"), "1");
      ++turned_away;
      peer.close();
    }
  }
  open.set_value();
  unsigned served = 0;
  for (auto& peer : peers) {
    if (peer.connected() && peer.answer()->body == "done") ++served;
  }
  EXPECT_EQ(turned_away, 1U);
  EXPECT_EQ(served, 2U);
}

TEST(ServerLimits, ConnectionsBeyondTheBoundAreClosed) {
  ServerOptions options;
  options.max_connections = 2;
  TestServer server(echo(), options);
  auto first = server.connect();
  auto second = server.connect();
  EXPECT_EQ(first.ask(get)->status, 200U);
  EXPECT_EQ(second.ask(get)->status, 200U);
  EXPECT_TRUE(server.connect().ended());
  first.close();
  for (int at = 0; at < 500; ++at) {
    if (server.connect().ask(get)) return;
    std::this_thread::sleep_for(5ms);
  }
  FAIL() << "the place of a closed connection was not given to another";
}

}  // namespace
}  // namespace clary::http
