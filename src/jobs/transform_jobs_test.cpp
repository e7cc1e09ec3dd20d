#include "jobs/transform_jobs.hpp"

#include <future>
#include <gmock/gmock.h>

#include "jobs/job_machine.hpp"
#include "jobs/test_ground.hpp"
#include "jobs/transform_task.hpp"
#include "models/test_model_server.hpp"

namespace clary::jobs {
namespace {

using models::TestAnswer;
using models::TestRequest;
using testing::HasSubstr;

class Transforms : public Ground {
 protected:
  void SetUp() override {
    fs::create_directories(base / "runtimes/sklearn");
    std::ofstream(base / "runtimes/sklearn/lock.txt") << "numpy==1.24.4\n";
    std::ofstream(base / "runtimes/sklearn/runtime.toml")
        << "[runtime]\nname = \"sklearn\"\nframework_module = \"sklearn\"\n"
           "[[image]]\nrepositories = [\"sagemaker-scikit-learn\"]\naccounts = [\"*\"]\n"
           "[[version]]\ntag = \"1.2-1\"\nlibrary = \"scikit-learn 1.2.1\"\nsource = \"test\"\npython = \"3.11\"\n"
           "requirements = \"lock.txt\"\nfidelity = \"exact\"\nreason = \"\"\n";
    catalogue = *runtimes::Catalogue::open({base / "runtimes"});
    launcher = std::make_unique<FakeLauncher>(base / "workers");
    launcher->on_start = [this](FakeWorker& worker) {
      worker.write_file("here", "");
      std::lock_guard lock(mutex);
      specs.push_back(worker.spec);
      servers[worker.id()] = std::make_unique<models::TestModelServer>(worker.folder() + "/ml", [this](const TestRequest& request) {
        return answer_to(request);
      });
    };
    put("model.tar.gz", tar_gz({{"weights", "7"}}));
    start_server();
  }
  void TearDown() override {
    stop_server();
    servers.clear();
  }
  TestAnswer answer_to(const TestRequest& request) {
    if (request.path == "/ping") return {200, ""};
    if (request.path == "/execution-parameters") return {404, ""};
    {
      std::lock_guard lock(mutex);
      bodies.push_back(request.body);
    }
    return answer ? answer(request) : TestAnswer{200, "got " + request.body};
  }
  void stop_server() {
    jobs.reset();
    machine.reset();
  }
  void start_server() {
    stop_server();
    machine = std::make_shared<JobMachine>(JobParts{.store = store,
                                                    .logs = *logs,
                                                    .objects = *objects,
                                                    .launcher = *launcher,
                                                    .slots = slots,
                                                    .catalogue = catalogue,
                                                    .environments = environments,
                                                    .surroundings = [](auto&&...) { return workers::Surroundings{}; },
                                                    .clock = clock,
                                                    .runtime_folder = "/python",
                                                    .workers_folder = base / "workers",
                                                    .stop_grace = 7s,
                                                    .passed = passed});
    jobs = std::make_unique<TransformJobs>(machine);
  }
  void restart() {
    passed = {};
    start_server();
    ASSERT_TRUE(machine->resume());
  }

  static TransformSpec spec() {
    TransformSpec spec;
    spec.container.image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3";
    spec.container.model_data_url = "s3://bkt/model.tar.gz";
    spec.role_arn = "arn:aws:iam::000000000000:role/R";
    spec.input_uri = "s3://bkt/in/";
    spec.output_path = "s3://bkt/out";
    spec.content_type = "text/plain";
    spec.split_type = spec.assemble_with = "Line";
    spec.batch_strategy = "SingleRecord";
    spec.max_concurrent = 1;
    spec.instance_type = "ml.m5.large";
    return spec;
  }
  TransformJob create(const TransformSpec& spec, const std::string& name = "job") {
    auto job = jobs->create(scope, name, spec, "{}", {});
    EXPECT_TRUE(job) << job.error().message << job.error().detail;
    return job ? *job : TransformJob{};
  }
  TransformJob look() {
    auto found = jobs->find(scope, "job");
    EXPECT_TRUE(found && *found);
    return found && *found ? **found : TransformJob{};
  }
  TransformJob ended(const TransformJob& job) {
    auto done = std::make_shared<std::promise<void>>();
    auto future = done->get_future();
    auto handle = jobs->when_finished(job.id, [done] { done->set_value(); });
    EXPECT_EQ(future.wait_for(60s), std::future_status::ready) << "still " << look().secondary_status;
    return look();
  }
  std::vector<std::string> asked() {
    std::lock_guard lock(mutex);
    return bodies;
  }
  std::string log(const TransformJob& job, const std::string& more = "") {
    std::string text;
    meta::LogStore::EventQuery query;
    query.from_head = true;
    auto stream = fmt::format("{}/algo-1-{}{}", job.name, job.created.micros / 1'000'000, more);
    auto page = logs->events(scope, "/aws/sagemaker/TransformJobs", stream, query);
    if (!page) return text;
    for (auto& event : page->events) text += event.message + "\n";
    return text;
  }

  runtimes::Catalogue catalogue;
  std::unique_ptr<FakeLauncher> launcher;
  std::function<bool(std::string_view)> passed;  // of the next server
  FakeEnvironments environments;
  workers::Slots slots{workers::host_share()};
  std::shared_ptr<JobMachine> machine;
  std::unique_ptr<TransformJobs> jobs;

  std::function<TestAnswer(const TestRequest&)> answer;
  std::mutex mutex;
  std::map<std::string, std::unique_ptr<models::TestModelServer>> servers;
  std::vector<workers::WorkerSpec> specs;
  std::vector<std::string> bodies;
};

TEST_F(Transforms, WriteAnOutputForEachFileAndEndTheirServer) {
  put("in/a", "1\n2\n");
  put("in/sub/b", "3");
  put("in/folder/", "");
  auto job = ended(create(spec()));
  EXPECT_EQ(job.status, "Completed") << job.failure_reason;
  EXPECT_EQ(get("out/a.out"), "got 1\ngot 2\n");
  EXPECT_EQ(get("out/sub/b.out"), "got 3\n");
  ASSERT_EQ(specs.size(), 1u);
  EXPECT_EQ(specs[0].environment["SAGEMAKER_BATCH"], "true");
  EXPECT_EQ(specs[0].environment["TRANSFORM_JOB_ARN"], job.arn);
  EXPECT_TRUE(launcher->wait_until_gone(specs[0].id));
  EXPECT_THAT(log(job), HasSubstr("s3://bkt/in/a: 2 records"));
  EXPECT_THAT(log(job, "/data-log"), HasSubstr(":[sagemaker logs]: MaxConcurrentTransforms=1, MaxPayloadInMB=6, BatchStrategy=SINGLE_RECORD"));
}

TEST_F(Transforms, OneFileThatFailsFailsTheJob) {
  put("in/a", "1\n");
  put("in/b", "bad\n");
  put("in/c", "3\n");
  answer = [](const TestRequest& request) { return request.body == "bad\n" ? TestAnswer{422, "why"} : TestAnswer{200, "fine"}; };
  auto job = ended(create(spec()));
  EXPECT_EQ(job.status, "Failed");
  EXPECT_EQ(job.failure_reason, "ClientError: s3://bkt/in/b: line 1: the model answered 422. See job logs for more information.");
  EXPECT_EQ(get("out/c.out"), "fine\n");
  EXPECT_EQ(get("out/b.out"), std::nullopt);
  EXPECT_THAT(log(job, "/data-log"), HasSubstr("bkt/in/b: why"));
}

TEST_F(Transforms, AServerThatEndsByItselfFailsTheJob) {
  put("in/a", "1\n");
  answer = [&](const TestRequest&) {
    launcher->wait_for(specs.front().id)->end({workers::Exit::Kind::exited, 3, 0});
    TestAnswer none;
    none.hang_up = true;
    return none;
  };
  auto job = ended(create(spec()));
  EXPECT_EQ(job.status, "Failed");
  EXPECT_THAT(job.failure_reason, testing::AllOf(testing::StartsWith("AlgorithmError: "), HasSubstr("exit code: 3")));
}

TEST_F(Transforms, AStopEndsItBetweenTwoRequests) {
  put("in/a", "1\n");
  put("in/b", "2\n3\n");
  std::promise<void> at_b, go;
  answer = [&](const TestRequest& request) {
    if (request.body == "2\n") {
      at_b.set_value();
      go.get_future().wait();
    }
    return TestAnswer{200, "fine"};
  };
  auto job = create(spec());
  at_b.get_future().wait();
  // The first file is written by a thread of its own, while the second is asked for.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!get("out/a.out") && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  ASSERT_TRUE(jobs->stop(job.id));
  // It reaches the host on a thread of its own.
  const auto worker = launcher->wait_for(specs.front().id);
  while (worker->stop_count() == 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  go.set_value();
  job = ended(job);
  EXPECT_EQ(job.status, "Stopped");
  EXPECT_EQ(get("out/a.out"), "fine\n");
  EXPECT_EQ(get("out/b.out"), std::nullopt);
}

TEST_F(Transforms, SeveralHostsShareTheFiles) {
  for (int i = 0; i < 7; ++i) put(fmt::format("in/{}", i), fmt::format("{}\n", i));
  auto several = spec();
  several.instance_count = 3;
  auto job = ended(create(several));
  EXPECT_EQ(job.status, "Completed") << job.failure_reason;
  EXPECT_EQ(servers.size(), 3u);
  EXPECT_EQ(asked().size(), 7u);
  for (int i = 0; i < 7; ++i) EXPECT_EQ(get(fmt::format("out/{}.out", i)), fmt::format("got {}\n", i));
}

TEST_F(Transforms, NothingToDoIsToldBeforeAServerIsStarted) {
  auto job = ended(create(spec()));
  EXPECT_EQ(job.status, "Failed");
  EXPECT_THAT(job.failure_reason, testing::StartsWith("ClientError: No S3 objects found under S3 URL \"s3://bkt/in/\""));
  EXPECT_TRUE(specs.empty());
}

TEST_F(Transforms, OutputsAmongTheInputsAreNoInputs) {
  put("in/a", "1\n");
  put("in/z", "2\n");
  auto same = spec();
  same.output_path = "s3://bkt/in";
  auto job = ended(create(same));
  EXPECT_EQ(job.status, "Completed") << job.failure_reason;
  EXPECT_EQ(asked().size(), 2u);
  EXPECT_EQ(get("in/a.out"), "got 1\n");
}

// A server that dies after each file in turn, with and without the workers.
class AfterFiles : public Transforms, public testing::WithParamInterface<std::tuple<int, bool>> {};

TEST_P(AfterFiles, ARestartGoesOnBehindTheLastOne) {
  const auto [steps, lost] = GetParam();
  for (int i = 0; i < 5; ++i) put(fmt::format("in/{}", i), fmt::format("{}\n", i));
  std::promise<void> died;
  passed = [&died, left = steps](std::string_view step) mutable {
    if (step != "progress" || left-- > 0) return true;
    if (left == -1) died.set_value();
    return false;
  };
  start_server();
  auto job = create(spec());
  died.get_future().wait();
  stop_server();
  const std::string first = specs.front().id;
  if (lost) {
    launcher->lose(first);
    fs::remove_all(base / "workers" / first);
    servers.clear();
  }
  restart();
  job = ended(job);
  EXPECT_EQ(job.status, "Completed") << job.failure_reason;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get(fmt::format("out/{}.out", i)), fmt::format("got {}\n", i));
  EXPECT_EQ(specs.size(), lost ? 2u : 1u);
  // Step 0 is the server's answer to /ping, each after it a file. What was on its way beyond may have been sent twice.
  const auto bodies = asked();
  for (int i = 0; i < std::min(steps, 5); ++i) EXPECT_EQ(std::count(bodies.begin(), bodies.end(), fmt::format("{}\n", i)), 1) << i;
}

INSTANTIATE_TEST_SUITE_P(All, AfterFiles, testing::Combine(testing::Values(0, 1, 3, 5, 6), testing::Bool()));

TEST(TransformSpecTest, IsReadAsItWasWritten) {
  TransformSpec spec;
  spec.container = {"image:1", "s3://b/m", {{"A", "1"}}, models::ModelDataForm::prefix};
  spec.environment = {{"B", "2"}};
  spec.split_type = "TFRecord";
  spec.max_payload_mb = 0;
  spec.processing = {"$[1:]", "$[0]", true, {}};
  spec.invocation_retries = 1;
  spec.capture_uri = "s3://b/c";
  spec.instance_count = 4;
  spec.inference_ids = true;
  auto read = decode_transform_spec(encode_spec(spec));
  ASSERT_TRUE(read);
  EXPECT_EQ(encode_spec(*read), encode_spec(spec));
  EXPECT_EQ(read->container.model_data_form, models::ModelDataForm::prefix);
  EXPECT_EQ(read->max_payload_mb, 0);
  EXPECT_EQ(read->max_concurrent, std::nullopt);
  EXPECT_FALSE(decode_transform_spec("[]"));
}

}  // namespace
}  // namespace clary::jobs
