#include "transform/pipeline.hpp"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mutex>

#include "io/gzip.hpp"
#include "meta/store.hpp"
#include "models/test_model_server.hpp"

namespace clary::transform {
namespace {

namespace fs = std::filesystem;
using models::TestAnswer;
using models::TestRequest;
using testing::ElementsAre;
using testing::HasSubstr;

// A model that gives the number of characters of each line.
TestAnswer lengths(const TestRequest& request) {
  std::string answer;
  for (const auto row : rows_of(request.body)) answer += std::to_string(row.size()) + "\n";
  return {200, answer};
}

class PipelineTest : public testing::Test {
 protected:
  PipelineTest() {
    std::string made = "/tmp/pipeline-test-XXXXXX";
    if (::mkdtemp(made.data()) == nullptr) std::abort();
    folder = made;
    store = *meta::Store::open({}, objects::object_migrations);
    objects::ObjectsOptions options;
    options.folder = folder + "/objects";
    options.sweep_in_background = false;
    objects = *objects::open_objects(store, clock, options);
    EXPECT_TRUE(objects->create_bucket("bkt", Scope{"000000000000", "us-east-1"}));
    plan.split = Split::line;
    plan.line_assembly = true;
    plan.content_type = plan.accept = "text/csv";
    plan.retries = 0;
  }
  ~PipelineTest() override {
    objects.reset();
    fs::remove_all(folder);
  }

  void put(const std::string& key, const std::string& data) {
    objects::Object object;
    object.key = key;
    auto writer = objects->create("bkt", object);
    ASSERT_TRUE(writer && (*writer)->write(data) && (*writer)->commit());
    inputs.push_back(key);
  }
  std::optional<std::string> get(const std::string& key) {
    auto reader = objects->open("bkt", key);
    if (!reader) return std::nullopt;
    std::string data((*reader)->object().size, '\0');
    for (std::size_t at = 0; at < data.size();) {
      auto got = (*reader)->read(at, data.data() + at, data.size() - at);
      if (!got || *got == 0) break;
      at += *got;
    }
    return data;
  }
  // Every input with this model server behind the host's socket.
  Outcome<void> transform(models::TestModelServer::Handler handler = lengths) {
    models::TestModelServer server(folder, [&, handler](const TestRequest& request) {
      {
        std::lock_guard lock(mutex);
        requests.push_back(request);
      }
      return handler(request);
    });
    Desk desk;
    desk.next = [&, at = std::size_t{0}]() mutable -> Outcome<std::optional<InputFile>> {
      if (at == inputs.size()) return std::optional<InputFile>();
      const std::string& key = inputs[at++];
      return std::optional(InputFile{"bkt", key, "out/" + key + ".out"});
    };
    desk.finished = [&](const InputFile& file, const FileReport& report) -> Outcome<void> {
      finished.push_back(file.key);
      records += report.records;
      return {};
    };
    desk.failed = [&](const InputFile& file, const Error& error, const std::string& answer) -> Outcome<void> {
      failed.push_back(file.key + ": " + error.message);
      said = answer;
      ++failures;
      return {};
    };
    desk.cancelled = [&] { return cancelled.load(); };
    return run(*objects, "bkt", plan, folder, desk);
  }
  void process(const DataProcessingSpec& spec) {
    auto made = DataProcessing::make(spec, plan.content_type, plan.accept);
    ASSERT_TRUE(made) << made.error().message;
    plan.processing = *made;
  }

  std::string folder;
  SystemClock clock;
  std::shared_ptr<meta::Store> store;
  std::shared_ptr<objects::Objects> objects;
  Plan plan;
  std::vector<std::string> inputs, finished, failed;
  std::string said;
  std::atomic<int> failures{0};
  std::uint64_t records = 0;
  std::atomic<bool> cancelled{false};
  std::mutex mutex;
  std::vector<TestRequest> requests;
};

TEST_F(PipelineTest, OutputsAreInTheOrderOfTheirInputs) {
  plan.payload = 100;
  plan.concurrency = 4;
  std::string text, expected;
  for (int i = 0; i < 3000; ++i) {
    text += std::string(static_cast<std::size_t>(i % 17 + 1), 'x') + "\n";
    expected += std::to_string(i % 17 + 1) + "\n";
  }
  put("a", text);
  put("b", "");
  put("c/d", "1234\n");
  auto done = transform();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(get("out/a.out"), expected);
  EXPECT_EQ(get("out/b.out"), "");
  EXPECT_EQ(get("out/c/d.out"), "4\n");
  EXPECT_THAT(finished, ElementsAre("a", "b", "c/d"));
  EXPECT_EQ(records, 3001u);
  for (const auto& request : requests) EXPECT_LE(request.body.size(), 100u);
}

TEST_F(PipelineTest, ARecordAloneAndAsManyAsFit) {
  put("a", "1\n22\n333\n");
  plan.single_record = true;
  ASSERT_TRUE(transform());
  EXPECT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[1].body, "22\n");
  EXPECT_THAT(requests[1].head, HasSubstr("POST /invocations"));
  EXPECT_THAT(requests[1].head, HasSubstr("Content-Type: text/csv\r\nAccept: text/csv"));
  requests.clear();
  plan.single_record = false;
  plan.payload = 7;
  ASSERT_TRUE(transform());
  EXPECT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].body, "1\n22\n");
}

TEST_F(PipelineTest, AnswersAreAssembledAsAsked) {
  put("a", "1\n2\n");
  plan.single_record = true;
  auto answer = [](const TestRequest&) { return TestAnswer{200, "p"}; };
  ASSERT_TRUE(transform(answer));
  EXPECT_EQ(get("out/a.out"), "p\np\n");
  plan.line_assembly = false;
  ASSERT_TRUE(transform(answer));
  EXPECT_EQ(get("out/a.out"), "pp");
}

TEST_F(PipelineTest, AWholeFileIsOnePayload) {
  plan.split = Split::none;
  plan.line_assembly = false;
  put("a", "x\ny");
  ASSERT_TRUE(transform([](const TestRequest& request) { return TestAnswer{200, "<" + request.body + ">"}; }));
  EXPECT_EQ(get("out/a.out"), "<x\ny>");
}

TEST_F(PipelineTest, WithoutABoundFilesAreStreamed) {
  plan.split = Split::none;
  plan.payload = 0;
  plan.line_assembly = false;
  std::string text;
  for (int i = 0; i < 400'000; ++i) text += std::to_string(i) + "\n";
  put("a", text);
  put("b", "");
  auto done = transform([](const TestRequest& request) { return TestAnswer{200, request.body}; });
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_TRUE(get("out/a.out") == text);
  EXPECT_THAT(requests.front().head, HasSubstr("Transfer-Encoding: chunked"));
}

TEST_F(PipelineTest, GzippedInputsAreUnpacked) {
  std::string packed;
  const io::ByteSink sink = [&](std::string_view data) -> Outcome<void> {
    packed += data;
    return {};
  };
  io::GzipStream stream(sink);
  ASSERT_TRUE(stream.write("1\n22\n") && stream.close());
  put("a.gz", packed);
  put("b", "no gzip, but long enough for a header\n");
  plan.gzip = true;
  ASSERT_TRUE(transform());
  EXPECT_EQ(get("out/a.gz.out"), "1\n2\n");
  EXPECT_THAT(failed, ElementsAre(HasSubstr("gzip")));
}

TEST_F(PipelineTest, InputsAreCutAndJoined) {
  put("a", "id1,5,55\nid2,6,66\n");
  process({"$[1:]", "$[0,-1]", true});
  ASSERT_TRUE(transform());
  EXPECT_EQ(requests.front().body, "5,55\n6,66\n");
  EXPECT_EQ(get("out/a.out"), "id1,4\nid2,4\n");
}

TEST_F(PipelineTest, AFileThatFailsIsNamedAndTheOthersAreDone) {
  put("a", "1\n2\n");
  put("b", "1\nbad\n3\n");
  put("c", "1\n");
  plan.single_record = true;
  plan.concurrency = 3;
  ASSERT_TRUE(transform([](const TestRequest& request) {
    return request.body == "bad\n" ? TestAnswer{400, "no number"} : lengths(request);
  }));
  EXPECT_THAT(failed, ElementsAre("b: line 2: the model answered 400"));
  EXPECT_EQ(said, "no number");
  EXPECT_THAT(finished, ElementsAre("a", "c"));
  EXPECT_EQ(get("out/b.out"), std::nullopt);
}

TEST_F(PipelineTest, FewerRowsThanRecordsFail) {
  put("a", "1\n2\n3\n");
  ASSERT_TRUE(transform([](const TestRequest&) { return TestAnswer{200, "1\n2\n"}; }));
  EXPECT_THAT(failed, ElementsAre("a: lines 1 to 3: the model gave 2 rows for 3 records"));
  failed.clear();
  process({"", "", true});
  ASSERT_TRUE(transform([](const TestRequest&) { return TestAnswer{200, "1\n2\n"}; }));
  EXPECT_THAT(failed, ElementsAre("a: lines 1 to 3: the model gave 2 rows for 3 records"));
}

TEST_F(PipelineTest, ARecordOverThePayloadIsNamed) {
  put("a", "1\n123456789\n");
  plan.payload = 5;
  ASSERT_TRUE(transform());
  EXPECT_THAT(failed, ElementsAre(testing::AllOf(HasSubstr("a: line 2: "), HasSubstr("MaxPayloadInMB"))));
}

TEST_F(PipelineTest, AnObjectThatIsGoneIsNamed) {
  put("a", "1\n");
  put("b", "1\n");
  ASSERT_TRUE(objects->erase("bkt", "a", {}));
  ASSERT_TRUE(transform());
  EXPECT_THAT(failed, ElementsAre(HasSubstr("a: The object is not there any more")));
  EXPECT_THAT(finished, ElementsAre("b"));
}

TEST_F(PipelineTest, WhatFailsForAMomentIsTriedAgain) {
  put("a", "1\n");
  plan.retries = 3;
  std::atomic<int> calls{0};
  ASSERT_TRUE(transform([&](const TestRequest& request) {
    const int call = calls++;
    if (call == 0) return TestAnswer{500, "not yet"};
    TestAnswer answer = lengths(request);
    answer.hang_up = call == 1;
    return answer;
  }));
  EXPECT_THAT(failed, ElementsAre());
  EXPECT_EQ(get("out/a.out"), "1\n");
  EXPECT_EQ(calls, 3);
}

TEST_F(PipelineTest, AModelThatHangsTimesOut) {
  put("a", "1\n");
  plan.timeout = std::chrono::seconds(1);
  std::atomic<bool> go{false};
  std::thread late;
  ASSERT_TRUE(transform([&](const TestRequest& request) {
    if (!late.joinable()) late = std::thread([&] {
      while (failures == 0) std::this_thread::yield();
      go = true;
    });
    while (!go) std::this_thread::yield();
    return lengths(request);
  }));
  late.join();
  EXPECT_THAT(failed, ElementsAre("a: line 1: the model did not answer within 1 s (InvocationsTimeoutInSeconds)"));
}

TEST_F(PipelineTest, GivingUpEndsItAtOnce) {
  put("a", "1\n");
  auto done = transform([&](const TestRequest& request) {
    cancelled = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));  // longer than the pipeline waits for it
    return lengths(request);
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::timed_out);
  EXPECT_EQ(get("out/a.out"), std::nullopt);
}

}  // namespace
}  // namespace clary::transform
