#include <gtest/gtest.h>
#include <thread>

#include "http/figures.hpp"
#include "http/test_server.hpp"

namespace clary::http {
namespace {

using namespace std::chrono_literals;

const std::string ask = "POST /wait HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody";

// Parks the first call; answers the second with what it saw.
struct Parker {
  std::mutex mutex;
  std::vector<std::shared_ptr<Waiter>> waiters;
  std::atomic<int> calls{0};
  std::atomic<bool> ready{false};
  std::chrono::milliseconds wait = 10s;

  ServerHooks hooks() {
    return blocking([this](Request& request, BodyReader& body) {
      ++calls;
      auto whole = read_all(body, 100);
      if (ready || !request.may_park || request.path != "/wait") {
        return text(fmt::format("{} {}", whole.ok() ? *whole : "?", request.may_park ? "woken" : "must answer"));
      }
      Response response;
      response.parked = std::make_shared<Waiter>();
      response.parked_until = std::chrono::steady_clock::now() + wait;
      std::lock_guard lock(mutex);
      waiters.push_back(response.parked);
      return response;
    });
  }
  std::shared_ptr<Waiter> waiter(std::size_t at) {
    while (true) {
      {
        std::lock_guard lock(mutex);
        if (waiters.size() > at) return waiters[at];
      }
      std::this_thread::yield();
    }
  }
};

void until(const std::function<bool()>& state) {
  for (int at = 0; at < 1000 && !state(); ++at) std::this_thread::sleep_for(5ms);
  EXPECT_TRUE(state());
}

TEST(Parking, AWakeUpAsksTheHandlerAgainWithTheSameBody) {
  Parker parker;
  TestServer server(parker.hooks());
  auto peer = server.connect();
  ASSERT_TRUE(peer.write(ask));
  auto waiter = parker.waiter(0);
  EXPECT_TRUE(peer.silent_for(20));
  parker.ready = true;
  waiter->wake();
  auto answer = peer.answer();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "body woken");
  EXPECT_EQ(peer.ask("GET /other HTTP/1.1\r\nHost: h\r\n\r\n")->body, " woken");
}

TEST(Parking, NoPoolThreadIsHeld) {
  Parker parker;
  ServerOptions options;
  options.pool_threads = 1;
  TestServer server(parker.hooks(), options);
  std::vector<TestPeer> parked;
  for (std::size_t at = 0; at < 20; ++at) {
    parked.push_back(server.connect());
    ASSERT_TRUE(parked.back().write(ask));
  }
  parker.waiter(19);
  EXPECT_EQ(server.connect().ask("GET /other HTTP/1.1\r\nHost: h\r\n\r\n")->status, 200U);
  parker.ready = true;
  for (std::size_t at = 0; at < 20; ++at) parker.waiter(at)->wake();
  for (auto& peer : parked) EXPECT_EQ(peer.answer()->body, "body woken");
}

TEST(Parking, TheDeadlineAsksTheHandlerForTheLastTime) {
  Parker parker;
  parker.wait = 50ms;
  TestServer server(parker.hooks());
  auto answer = server.connect().ask(ask);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "body must answer");
}

TEST(Parking, AHandlerThatStillParksIsAnsweredFor) {
  TestServer server(blocking([](Request&, BodyReader&) {
    Response response;
    response.parked = std::make_shared<Waiter>();
    response.parked_until = std::chrono::steady_clock::now() - 1s;
    return response;
  }));
  EXPECT_EQ(server.connect().ask(ask)->status, 503U);
}

TEST(Parking, ADisconnectDropsIt) {
  Parker parker;
  TestServer server(parker.hooks());
  auto before = figures().parked.value();
  auto peer = server.connect();
  ASSERT_TRUE(peer.write(ask));
  auto waiter = parker.waiter(0);
  until([&] { return figures().parked.value() == before + 1; });
  peer.close();
  until([&] { return figures().parked.value() == before; });
  waiter->wake();
  EXPECT_EQ(server.connect().ask("GET /other HTTP/1.1\r\nHost: h\r\n\r\n")->status, 200U);
  EXPECT_EQ(parker.calls, 2);
}

TEST(Parking, WhatIsPipelinedBehindItIsServedAfterwards) {
  Parker parker;
  TestServer server(parker.hooks());
  auto peer = server.connect();
  ASSERT_TRUE(peer.write(ask));
  auto waiter = parker.waiter(0);
  ASSERT_TRUE(peer.write("GET /other HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_TRUE(peer.silent_for(20));
  parker.ready = true;
  waiter->wake();
  EXPECT_EQ(peer.answer()->body, "body woken");
  EXPECT_EQ(peer.answer()->body, " woken");
}

TEST(Parking, BeyondTheBoundTheHandlerIsAskedAtOnce) {
  Parker parker;
  ServerOptions options;
  options.max_parked = 1;
  TestServer server(parker.hooks(), options);
  auto before = figures().parked.value();
  auto first = server.connect();
  ASSERT_TRUE(first.write(ask));
  until([&] { return figures().parked.value() == before + 1; });
  EXPECT_EQ(server.connect().ask(ask)->body, "body must answer");
}

TEST(Parking, AServerThatStopsAnswers503) {
  Parker parker;
  TestServer server(parker.hooks());
  auto before = figures().parked.value();
  auto peer = server.connect();
  ASSERT_TRUE(peer.write(ask));
  until([&] { return figures().parked.value() == before + 1; });
  server.server().stop(5s);
  auto answer = peer.answer();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503U);
  EXPECT_TRUE(peer.ended());
  EXPECT_EQ(parker.calls, 1);
}

}  // namespace
}  // namespace clary::http
