#include <gmock/gmock.h>

#include "http/client.hpp"
#include "http/server.hpp"
#include "serving/test_ground.hpp"

namespace clary::serving {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string field(const Error& error, const std::string& name) {
  for (const auto& [key, value] : error.fields)
    if (key == name) return value;
  return {};
}

struct InvokeTest : Ground {
  InvokeTest() { start_server(); }
  std::shared_ptr<FakeWorker> worker_of(const Endpoint& endpoint, int ordinal = 0) {
    return launcher->worker(fmt::format("ep-{}-1-AllTraffic-{}", endpoint.id, ordinal));
  }
};

TEST_F(InvokeTest, UnknownNamesAreValidationErrors) {
  auto answer = invoke("nobody", "x");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "ValidationError");
  EXPECT_EQ(answer.error().kind, ErrorKind::not_found);
  EXPECT_EQ(answer.error().message, "Endpoint nobody of account 000000000000 not found.");
  deploy("e", {variant()});
  answer = invoke("e", "x", "Nothing");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "ValidationError");
  EXPECT_TRUE(invoke("e", "x", "AllTraffic"));
}

TEST_F(InvokeTest, TheModelsErrorsAreModelErrors) {
  deploy("e", {variant()});
  auto answer = invoke("e", "fail 500 it broke");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "ModelError");
  EXPECT_EQ(answer.error().message,
            "Received server error (500) from primary with message \"it broke\". See "
            "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#logEventViewer:group=/aws/"
            "sagemaker/Endpoints/e "
            "in account 000000000000 for more information.");
  EXPECT_EQ(field(answer.error(), "OriginalStatusCode"), "500");
  EXPECT_EQ(field(answer.error(), "OriginalMessage"), "it broke");
  EXPECT_EQ(field(answer.error(), "LogStreamArn"),
            "arn:aws:logs:us-east-1:000000000000:log-group:/aws/sagemaker/Endpoints/e");
  answer = invoke("e", "fail 415 no such type");
  EXPECT_THAT(answer.error().message,
              StartsWith("Received client error (415) from primary with message \"no such type\"."));
  answer = invoke("e", "fail 500 " + std::string(100000, 'x') + "\xFF");
  EXPECT_LT(answer.error().message.size(), 5000u);
}

TEST_F(InvokeTest, ASilentModelTimesOut) {
  timeout = std::chrono::milliseconds(150);
  start_server();
  deploy("e", {variant()});
  auto answer = invoke("e", "hang");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "ModelError");
  EXPECT_THAT(
      answer.error().message,
      HasSubstr("Your invocation timed out while waiting for a response from container primary. Review the latency "
                "metrics for each container in Amazon CloudWatch, resolve the issue, and try again."));
  // It too has no more than that time.
  EXPECT_TRUE(eventually([&] { return invoke("e", "x").ok(); }));
}

TEST_F(InvokeTest, DeathWithoutAnAnswerIsAModelErrorAndIsNotRepeated) {
  auto endpoint = deploy("e", {variant("", 2)});
  EXPECT_TRUE(invoke("e", "x"));
  EXPECT_TRUE(invoke("e", "x"));  // both have a kept connection now
  int starts = launcher->starts;
  auto answer = invoke("e", "die");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "ModelError");
  EXPECT_TRUE(eventually([&] { return launcher->starts == starts + 1; }));  // one worker was lost, not both
}

TEST_F(InvokeTest, BrokenAnswersAreModelErrors) {
  deploy("e", {variant()});
  for (const char* body : {"garbage", "close"}) {
    auto answer = invoke("e", body);
    ASSERT_FALSE(answer) << body;
    EXPECT_EQ(answer.error().code, "ModelError") << body;
    EXPECT_EQ(field(answer.error(), "OriginalStatusCode"), "0");
  }
  EXPECT_TRUE(invoke("e", "x"));
}

TEST_F(InvokeTest, LargeBodiesPassAndTooLargeAnswersDoNot) {
  deploy("e", {variant()});
  std::string body(7 << 20, 'a');
  auto answer = invoke("e", body);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body.size(), body.size());
  answer = invoke("e", "huge " + std::to_string((8 << 20) + 1));
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("larger than"));
  EXPECT_TRUE(invoke("e", "huge " + std::to_string(8 << 20)));
}

TEST_F(InvokeTest, ConnectionsAreKeptAndReplacedOnceClosed) {
  auto endpoint = deploy("e", {variant()});
  auto worker = worker_of(endpoint);
  int pings = worker->connections;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(invoke("e", "x"));
  EXPECT_EQ(worker->connections, pings + 1);
  EXPECT_TRUE(invoke("e", "once"));  // the worker then closes it
  EXPECT_TRUE(invoke("e", "x"));
  EXPECT_EQ(worker->connections, pings + 2);
}

TEST_F(InvokeTest, ReplicasShareTheLoad) {
  auto endpoint = deploy("e", {variant("", 2)});
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(invoke("e", "x"));
  EXPECT_EQ(worker_of(endpoint, 0)->invocations, 10);
  EXPECT_EQ(worker_of(endpoint, 1)->invocations, 10);
}

TEST_F(InvokeTest, TheBusyReplicaIsSpared) {
  timeout = std::chrono::milliseconds(3000);
  start_server();
  auto endpoint = deploy("e", {variant("", 2)});
  auto hanging = begin("e", "hang");
  EXPECT_TRUE(
      eventually([&] { return worker_of(endpoint, 0)->invocations + worker_of(endpoint, 1)->invocations == 1; }));
  int busy = worker_of(endpoint, 0)->invocations == 1 ? 0 : 1;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(invoke("e", "x"));
  EXPECT_EQ(worker_of(endpoint, busy)->invocations, 1);
  EXPECT_FALSE(hanging.get());
}

TEST_F(InvokeTest, VariantsGetTheirShare) {
  auto a = variant(), b = variant(), none = variant();
  a.name = "A", b.name = "B", none.name = "None";
  a.weight = 3, b.weight = 1, none.weight = 0;
  deploy("e", {a, b, none});
  std::map<std::string, int> hits;
  for (int i = 0; i < 800; ++i) ++hits[invoke("e", "x")->variant];
  EXPECT_NEAR(hits["A"], 600, 80);
  EXPECT_EQ(hits["A"] + hits["B"], 800);
  EXPECT_EQ(invoke("e", "x", "None")->variant, "None");
}

TEST_F(InvokeTest, InvocationsInFlightAreBounded) {
  timeout = std::chrono::milliseconds(2000);
  most_in_flight = 2;
  start_server();
  deploy("e", {variant()});
  auto first = begin("e", "hang"), second = begin("e", "hang");
  auto answer = invoke("e", "x");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "ServiceUnavailable");
  EXPECT_FALSE(first.get());
  EXPECT_FALSE(second.get());
  EXPECT_TRUE(invoke("e", "x"));
}

TEST_F(InvokeTest, MoreConnectionsThanTheWorkerQueuesAreWaitedFor) {
  deploy("e", {variant()});
  std::vector<std::future<Answered>> answers;
  for (int i = 0; i < 500; ++i) answers.push_back(begin("e", std::to_string(i)));
  for (int i = 0; i < 500; ++i) {
    auto answer = answers[i].get();
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, std::to_string(i));
  }
}

TEST_F(InvokeTest, ManyLoopsAtOnceKeepAnswersApart) {
  deploy("e", {variant("", 2)});
  std::vector<std::unique_ptr<TestLoop>> loops;
  for (int i = 0; i < 4; ++i) loops.push_back(std::make_unique<TestLoop>());
  std::vector<std::future<Answered>> answers;
  for (int i = 0; i < 2000; ++i) answers.push_back(begin("e", std::to_string(i), "", loops[i % loops.size()].get()));
  for (int i = 0; i < 2000; ++i) {
    auto answer = answers[i].get();
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, std::to_string(i));
  }
}

TEST_F(InvokeTest, UnderTheRealServerEachClientGetsItsOwnAnswer) {
  deploy("e", {variant("", 2)});
  http::ServerHooks hooks;
  hooks.route = [this](http::Request&) -> http::Route {
    return http::Async{[this](http::Request, std::string body, std::function<void(http::Response)> done) {
      Invocation invocation;
      invocation.scope = scope;
      invocation.endpoint = "e";
      invocation.body = std::move(body);
      endpoints->invoke(std::move(invocation), [done = std::move(done)](Answered answer) {
        http::Response response;
        response.status = answer ? 200 : 500;
        response.body = answer ? std::move(answer->body) : answer.error().message;
        done(std::move(response));
      });
    }};
  };
  http::ServerOptions options;
  options.listen = {"127.0.0.1:0"};
  options.loops = 2;
  http::Server server(options, hooks, nullptr);
  auto started = server.start();
  ASSERT_TRUE(started) << started.error().detail;
  std::string address = server.addresses().at(0);
  http::Address to{"", "127.0.0.1", static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)))};
  std::vector<std::thread> clients;
  for (int client = 0; client < 8; ++client) {
    clients.emplace_back([&, client] {
      for (int i = 0; i < 40; ++i) {
        std::string body = fmt::format("{}/{}/{}", client, i, std::string(i * 1000, 'x'));
        auto reply = http::send(to, "POST", "/endpoints/e/invocations", {}, body, std::chrono::seconds(10));
        ASSERT_TRUE(reply) << reply.error().message;
        EXPECT_EQ(reply->body, body);
      }
    });
  }
  for (auto& client : clients) client.join();
  server.stop(std::chrono::seconds(1));
}

TEST_F(InvokeTest, EachInvocationIsCountedOnce) {
  deploy("e", {variant("", 2)});
  EXPECT_TRUE(endpoints->take_counts().empty());
  for (const char* body : {"x", "y", "fail 415 no such type", "fail 500 it broke", "fail 500 again"}) (void)invoke("e", body);
  auto taken = endpoints->take_counts();
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].endpoint, "e");
  EXPECT_EQ(taken[0].variant, "AllTraffic");
  EXPECT_EQ(taken[0].instances, 2u);
  EXPECT_EQ(taken[0].invocations, 5u);
  EXPECT_EQ(taken[0].errors_4xx, 1u);
  EXPECT_EQ(taken[0].errors_5xx, 2u);
  EXPECT_EQ(taken[0].model_errors, 3u);
  EXPECT_EQ(taken[0].model_latency.count, 5);
  EXPECT_GT(taken[0].model_latency.sum, 0);
  EXPECT_EQ(taken[0].overhead.count, 0);  // nobody said when the requests came
  EXPECT_TRUE(endpoints->take_counts().empty());
}

TEST_F(InvokeTest, WhatADeletedEndpointAnsweredIsCounted) {
  auto endpoint = deploy("e", {variant()});
  EXPECT_TRUE(endpoints->take_counts().empty());
  EXPECT_TRUE(invoke("e", "x"));
  ASSERT_TRUE(endpoints->remove(endpoint.id));
  settled(endpoint);
  auto taken = endpoints->take_counts();
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].invocations, 1u);
}

TEST_F(InvokeTest, HeadersCannotSmuggleLines) {
  deploy("e", {variant()});
  std::promise<Answered> promise;
  boost::asio::post(loop->context, [&] {
    Invocation invocation;
    invocation.scope = scope;
    invocation.endpoint = "e";
    invocation.content_type = "text/csv\r\nX-Evil: 1";
    endpoints->invoke(std::move(invocation), [&](Answered answer) { promise.set_value(std::move(answer)); });
  });
  auto answer = promise.get_future().get();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::validation);
}

TEST_F(InvokeTest, OutsideALoopItSaysSo) {
  bool failed = false;
  endpoints->invoke({}, [&](Answered answer) { failed = !answer.ok(); });
  EXPECT_TRUE(failed);
}

TEST_F(InvokeTest, ALinkInPlaceOfTheSocketIsNotFollowed) {
  auto endpoint = deploy("e", {variant()});
  auto worker = worker_of(endpoint);
  // Another server of this host that a model must not make Clary talk to.
  auto other = base / "other";
  fs::create_directories(other);
  fs::rename(worker->folder() + "/ml/worker.sock", other / "worker.sock");
  fs::create_symlink(other / "worker.sock", worker->folder() + "/ml/worker.sock");
  endpoints.reset();
  start_server();
  EXPECT_EQ(invoke("e", "x").error().code, "ModelNotReadyException");
}

}  // namespace
}  // namespace clary::serving
