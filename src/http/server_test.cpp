#include "http/server.hpp"

#include <gtest/gtest.h>
#include <thread>

#include "base/time.hpp"
#include "http/test_server.hpp"
#include "http/this_loop.hpp"

namespace clary::http {
namespace {

using namespace std::chrono_literals;

TEST(Server, ServesTcpAndUnixWithTheRawTarget) {
  auto hooks = blocking([](Request& request, BodyReader&) {
    return text(request.path + "|" + request.query + "|" + request.peer + "|" + (request.loopback ? "local" : "far") +
                "|" + std::string(request.host()) + "|" + std::to_string(request.id.size()));
  });
  TestServer server(hooks);
  auto tcp = server.connect().ask(get);
  ASSERT_TRUE(tcp);
  EXPECT_EQ(tcp->body, "/a%20b|x=%2F|127.0.0.1|local|h|36");
  EXPECT_TRUE(parse_http_date(tcp->headers.get("date")).ok());
  auto local = TestPeer::to_unix(server.socket()).ask(get);
  ASSERT_TRUE(local);
  EXPECT_EQ(local->body, "/a%20b|x=%2F|unix|local|h|36");
}

TEST(Server, AbsoluteTargetsAreReadAsPathAndHost) {
  TestServer server(blocking([](Request& request, BodyReader&) {
    return text(std::string(request.host()) + request.path + "?" + request.query);
  }));
  auto answer = server.connect().ask("GET http://other:80/p?q HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "other:80/p?q");
}

TEST(Server, KeepsConnectionsAndServesPipelinedRequestsInOrder) {
  TestServer server(echo());
  auto peer = server.connect();
  std::string all;
  for (int at = 0; at < 50; ++at) {
    all += fmt::format("POST /{} HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nb{:02}", at, at);
  }
  ASSERT_TRUE(peer.write(all));
  for (int at = 0; at < 50; ++at) {
    auto answer = peer.answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, fmt::format("POST /{}? b{:02}", at, at));
  }
  auto last = peer.ask("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  ASSERT_TRUE(last);
  EXPECT_EQ(last->headers.get("connection"), "close");
  EXPECT_TRUE(peer.ended());
}

TEST(Server, Http10EndsUnlessAskedToStay) {
  TestServer server(echo());
  auto peer = server.connect();
  EXPECT_EQ(peer.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")->headers.get("connection"), "keep-alive");
  EXPECT_EQ(peer.ask("GET / HTTP/1.0\r\n\r\n")->status, 200U);
  EXPECT_TRUE(peer.ended());
}

TEST(Server, ReadsChunkedBodiesBufferedAndStreamed) {
  for (bool buffer : {true, false}) {
    TestServer server(echo(buffer));
    auto peer = server.connect();
    auto answer = peer.ask(
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: "
        "t\r\n\r\n");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, "POST /? abcde");
    EXPECT_EQ(peer.ask(get)->body, "GET /a%20b?x=%2F ");
  }
}

TEST(Server, StreamsALargeBodyThroughTheHandler) {
  TestServer server(blocking(
      [](Request&, BodyReader& body) {
        std::string piece(70'000, '\0');
        std::size_t total = 0;
        std::uint64_t sum = 0;
        while (true) {
          auto got = body.read(piece.data(), piece.size());
          if (!got) return text(got.error().message, 400);
          if (*got == 0) return text(fmt::format("{} {}", total, sum));
          for (std::size_t at = 0; at < *got; ++at) sum = sum * 31 + static_cast<unsigned char>(piece[at]);
          total += *got;
        }
      },
      false));
  std::string body(9'000'001, '\0');
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at < body.size(); ++at) {
    body[at] = static_cast<char>(at * 7 + at / 1000);
    sum = sum * 31 + static_cast<unsigned char>(body[at]);
  }
  auto expected = fmt::format("{} {}", body.size(), sum);
  auto peer = server.connect();
  auto plain = peer.ask(fmt::format("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{}", body.size(), body));
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->body, expected);
  std::string chunked = "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t at = 0; at < body.size();) {
    auto size = std::min<std::size_t>(body.size() - at, 1 + (at * 13) % 300'000);
    chunked += fmt::format("{:x}\r\n{}\r\n", size, std::string_view(body).substr(at, size));
    at += size;
  }
  auto pieces = peer.ask(chunked + "0\r\n\r\n");
  ASSERT_TRUE(pieces);
  EXPECT_EQ(pieces->body, expected);
}

TEST(Server, AnswersExpectOnlyWhereTheBodyIsWanted) {
  ServerHooks hooks = echo();
  hooks.route = [inner = hooks.route](Request& request) -> Route {
    if (request.path == "/no") return text("not wanted", 403);
    return inner(request);
  };
  TestServer server(hooks);
  auto peer = server.connect();
  auto go_on = peer.ask("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  ASSERT_TRUE(go_on);
  EXPECT_EQ(go_on->status, 100U);
  EXPECT_EQ(peer.ask("ok")->body, "PUT /? ok");
  auto refused = peer.ask("PUT /no HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 403U);
  EXPECT_EQ(refused->headers.get("connection"), "close");
}

TEST(Server, HeadHasNoBody) {
  TestServer server(blocking([](Request& request, BodyReader&) {
    auto response = text("hello");
    if (request.path == "/announced") response.announced_length = 1234567;
    return response;
  }));
  auto peer = server.connect();
  EXPECT_EQ(peer.ask("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", true)->headers.get("content-length"), "5");
  EXPECT_EQ(peer.ask("HEAD /announced HTTP/1.1\r\nHost: h\r\n\r\n", true)->headers.get("content-length"), "1234567");
  EXPECT_EQ(peer.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n")->body, "hello");
}

TEST(Server, AHandlerThatThrowsIsABare500) {
  ServerHooks hooks;
  hooks.route = [](Request& request) -> Route {
    if (request.path == "/route") throw std::runtime_error("route");
    if (request.path == "/async") {
      return Async{[](Request, std::string, std::function<void(Response)>) { throw std::runtime_error("async"); }};
    }
    if (request.path == "/dropped") return Async{[](Request, std::string, std::function<void(Response)>) {}};
    return Blocking{[](Request&, BodyReader&) -> Response { throw std::runtime_error("secret"); }};
  };
  TestServer server(hooks);
  auto peer = server.connect();
  for (const char* path : {"/route", "/async", "/dropped", "/blocking"}) {
    auto answer = peer.ask(fmt::format("GET {} HTTP/1.1\r\nHost: h\r\n\r\n", path));
    ASSERT_TRUE(answer) << path;
    EXPECT_EQ(answer->status, 500U);
    EXPECT_EQ(answer->body, "");
  }
}

TEST(Server, AsyncHandlersAnswerFromAnyThreadOnce) {
  std::vector<std::thread> threads;
  ServerHooks hooks;
  hooks.route = [&](Request&) -> Route {
    return Async{[&](Request request, std::string body, std::function<void(Response)> done) {
      if (request.path == "/inline") return done(text("inline " + body));
      threads.emplace_back([done, body] {
        done(text("thread " + body));
        done(text("a second answer"));
      });
    }};
  };
  ServerOptions options;
  options.loops = 1;
  TestServer server(hooks, options);
  auto peer = server.connect();
  EXPECT_EQ(peer.ask("POST /inline HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na")->body, "inline a");
  EXPECT_EQ(peer.ask("POST /thread HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nb")->body, "thread b");
  EXPECT_EQ(peer.ask("POST /inline HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nc")->body, "inline c");
  for (auto& thread : threads) thread.join();
}

TEST(Server, ABriefHandlerRunsOnItsLoopWhereThatHasNothingElseToDo) {
  std::promise<void> begun, go_on;
  ServerHooks hooks;
  hooks.route = [&](Request& request) -> Route {
    Blocking route;
    route.brief = request.path != "/long";
    route.handle = [&](Request& asked, BodyReader& body) {
      if (asked.path == "/long") {
        begun.set_value();
        go_on.get_future().wait();
      }
      if (asked.path == "/throws") throw std::runtime_error("thrown");
      return text((this_loop() ? "loop " : "pool ") + std::to_string(read_all(body, 1024 * 1024)->size()));
    };
    return route;
  };
  ServerOptions options;
  options.loops = 1;
  TestServer server(hooks, options);
  auto idle = server.connect(), peer = server.connect(), other = server.connect();
  EXPECT_EQ(idle.ask(get)->body, "loop 0");
  auto put = [&](const std::string& path, std::size_t size) {
    return peer
        .ask(fmt::format("PUT {} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", path, size) +
             std::string(size, 'x'))
        ->body;
  };
  EXPECT_EQ(put("/small", 3), "loop 3");
  EXPECT_EQ(put("/large", 100'000), "pool 100000");
  EXPECT_EQ(put("/throws", 3), "");
  ASSERT_TRUE(other.write("GET /long HTTP/1.1\r\nHost: h\r\n\r\n"));
  begun.get_future().wait();
  EXPECT_EQ(put("/small", 3), "pool 3");
  go_on.set_value();
  EXPECT_EQ(other.answer()->body, "pool 0");
  EXPECT_EQ(put("/small", 3), "loop 3");
}

TEST(Server, AnAnswerAfterTheServersEndIsDropped) {
  std::promise<std::function<void(Response)>> kept;
  ServerHooks hooks;
  hooks.route = [&](Request&) -> Route {
    return Async{[&](Request, std::string, std::function<void(Response)> done) { kept.set_value(done); }};
  };
  std::function<void(Response)> done;
  {
    TestServer server(hooks);
    auto peer = server.connect();
    ASSERT_TRUE(peer.write(get));
    done = kept.get_future().get();
    server.server().stop(0ms);
    EXPECT_TRUE(peer.ended());
  }
  done(text("late"));
}

TEST(Server, SendsFilesAndStreams) {
  TestFolder folder;
  std::string content(3'000'000, '\0');
  for (std::size_t at = 0; at < content.size(); ++at) content[at] = static_cast<char>(at * 11 + at / 777);
  ASSERT_TRUE(io::write_durably(folder / "file", content).ok());
  auto file = std::make_shared<io::File>(*io::File::open(folder / "file", O_RDONLY));
  TestServer server(blocking([&](Request& request, BodyReader&) {
    Response response;
    if (request.path == "/small") response.body = FileRange{file, 5, 100};
    if (request.path == "/large") response.body = FileRange{file, 1, 2'999'999};
    if (request.path == "/short") response.body = FileRange{file, 2'000'000, 2'000'000};
    auto next = [at = std::size_t{0}, &content]() mutable -> Outcome<std::string> {
      auto piece = content.substr(at, 100'000);
      at += piece.size();
      return piece;
    };
    auto failing = [at = 0]() mutable -> Outcome<std::string> {
      if (at++ == 0) return std::string("some");
      return internal("broken");
    };
    if (request.path == "/chunked") response.body = Stream{next, std::nullopt};
    if (request.path == "/sized") response.body = Stream{next, content.size()};
    if (request.path == "/fails") response.body = Stream{failing, std::nullopt};
    if (request.path == "/fails-at-once") {
      response.body = Stream{[]() -> Outcome<std::string> { return internal("broken"); }, std::nullopt};
    }
    if (request.path == "/longer") response.body = Stream{next, 1000};
    return response;
  }));
  auto ask = [&](TestPeer& peer, const char* path) {
    return peer.ask(fmt::format("GET {} HTTP/1.1\r\nHost: h\r\n\r\n", path));
  };
  auto peer = server.connect();
  EXPECT_EQ(ask(peer, "/small")->body, content.substr(5, 100));
  EXPECT_TRUE(ask(peer, "/large")->body == content.substr(1));
  auto chunked = ask(peer, "/chunked");
  ASSERT_TRUE(chunked);
  EXPECT_EQ(chunked->headers.get("transfer-encoding"), "chunked");
  EXPECT_TRUE(chunked->body == content);
  auto sized = ask(peer, "/sized");
  ASSERT_TRUE(sized);
  EXPECT_TRUE(sized->body == content);
  EXPECT_FALSE(sized->headers.has("transfer-encoding"));
  EXPECT_EQ(ask(peer, "/fails-at-once")->status, 500U);
  EXPECT_TRUE(peer.ended());
  for (const char* path : {"/short", "/longer"}) {
    auto cut = server.connect();
    auto answer = ask(cut, path);
    EXPECT_TRUE(!answer || answer->body.size() < 2'000'000) << path;
    EXPECT_TRUE(cut.ended()) << path;
  }
  auto cut = server.connect();
  EXPECT_FALSE(ask(cut, "/fails"));
}

std::string threads_of_this_process() {
  auto status = *io::read_file("/proc/self/status");
  auto at = status.find("Threads:");
  return status.substr(at, status.find('\n', at) - at);
}

TEST(Server, IdleConnectionsHoldNoThread) {
  ServerOptions options;
  options.pool_threads = 1;
  TestServer server(echo(), options);
  EXPECT_EQ(server.connect().ask(get)->status, 200U);
  auto before = threads_of_this_process();
  std::vector<TestPeer> idle;
  for (int at = 0; at < 400; ++at) {
    idle.push_back(server.connect());
    ASSERT_TRUE(idle.back().connected());
  }
  EXPECT_EQ(idle.back().ask(get)->status, 200U);
  EXPECT_EQ(threads_of_this_process(), before);
  // Past the moment at which idle connections give their buffers back, they go on as before.
  std::this_thread::sleep_for(500ms);
  for (auto& peer : idle) EXPECT_EQ(peer.ask(get)->status, 200U);
}

TEST(Server, StopLetsRequestsFinishAndEndsIdleConnections) {
  std::promise<void> started;
  std::promise<void> open;
  auto opened = open.get_future().share();
  TestServer server(blocking([&, opened](Request&, BodyReader&) {
    started.set_value();
    opened.wait();
    return text("finished");
  }));
  std::vector<TestPeer> idle;  // so many that each loop has some: when all have ended, each knows of the stop
  for (int i = 0; i < 20; ++i) idle.push_back(server.connect());
  auto busy = server.connect();
  ASSERT_TRUE(busy.write(get));
  started.get_future().wait();
  std::thread stopping([&] { server.server().stop(5s); });
  for (auto& peer : idle) EXPECT_TRUE(peer.ended());
  // Each loop has a listener of its own, and closes it in its own time.
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (server.connect().connected() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_FALSE(server.connect().connected());
  open.set_value();
  auto answer = busy.answer();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "finished");
  EXPECT_EQ(answer->headers.get("connection"), "close");
  stopping.join();
}

TEST(Server, AnAddressInUseIsRefused) {
  TestServer server(echo());
  ServerOptions options;
  options.listen = {server.address()};
  Server second(options, echo(), nullptr);
  auto started = second.start();
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().kind, ErrorKind::in_use) << started.error().detail;
}

}  // namespace
}  // namespace clary::http
