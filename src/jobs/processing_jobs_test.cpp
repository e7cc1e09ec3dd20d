#include "jobs/processing_jobs.hpp"

#include <atomic>
#include <future>

#include "jobs/job_machine.hpp"
#include "jobs/processing_task.hpp"
#include "jobs/test_ground.hpp"

namespace clary::jobs {
namespace {

class Processing : public Ground {
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
    start_server();
  }
  void TearDown() override { stop_server(); }
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
    jobs = std::make_unique<ProcessingJobs>(machine);
  }
  void restart() {
    start_server();
    ASSERT_TRUE(machine->resume());
  }

  static ProcessingSpec spec() {
    ProcessingSpec spec;
    spec.image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3";
    spec.entrypoint = {"python3", "/opt/ml/processing/input/code/run.py"};
    spec.arguments = {"--rows", "3"};
    spec.role_arn = "arn:aws:iam::000000000000:role/R";
    spec.environment = {{"MINE", "1"}};
    spec.outputs = {{.name = "out", .s3_uri = "s3://bkt/out", .local_path = "/opt/ml/processing/out"}};
    spec.instance_type = "ml.m5.large";
    return spec;
  }
  ProcessingJob create(const ProcessingSpec& spec, const std::string& name = "job") {
    auto job = jobs->create(scope, name, spec, R"({"RoleArn":"r"})", {{"k", "v"}});
    EXPECT_TRUE(job) << job.error().message << job.error().detail;
    return job ? *job : ProcessingJob{};
  }
  ProcessingJob look(const std::string& name = "job") {
    auto found = jobs->find(scope, name);
    EXPECT_TRUE(found && *found);
    return found && *found ? **found : ProcessingJob{};
  }
  ProcessingJob ended(const ProcessingJob& job) {
    auto done = std::make_shared<std::promise<void>>();
    auto future = done->get_future();
    auto handle = jobs->when_finished(job.id, [done] { done->set_value(); });
    EXPECT_EQ(future.wait_for(10s), std::future_status::ready) << "still " << look(job.name).secondary_status;
    return look(job.name);
  }
  std::shared_ptr<FakeWorker> worker_of(const ProcessingJob& job, int host = 1) {
    return launcher->wait_for(fmt::format("process-{}-algo-{}", job.id, host));
  }
  bool appears(const std::string& key, const std::string& text) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (get(key) != text && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
    return get(key) == text;
  }

  std::function<bool(std::string_view step)> passed;
  runtimes::Catalogue catalogue;
  std::unique_ptr<FakeLauncher> launcher;
  FakeEnvironments environments;
  workers::Slots slots{workers::host_share()};
  std::shared_ptr<JobMachine> machine;
  std::unique_ptr<ProcessingJobs> jobs;
};

TEST_F(Processing, FromStartToEnd) {
  put("code/run.py", "print(1)");
  auto asked = spec();
  asked.inputs = {{.name = "code", .s3_uri = "s3://bkt/code/run.py", .local_path = "/opt/ml/processing/input/code"}};
  asked.without_effect = {"NetworkConfig.VpcConfig", "KmsKeyId"};
  auto job = create(asked);
  EXPECT_EQ(job.arn, "arn:aws:sagemaker:us-east-1:000000000000:processing-job/job");
  auto worker = worker_of(job);
  EXPECT_EQ(worker->spec.command,
            (std::vector<std::string>{"/env/bin/python", "-m", "clary_runtime.command", "--", "python3",
                                      "/opt/ml/processing/input/code/run.py", "--rows", "3"}));
  EXPECT_EQ(worker->spec.environment.at("MINE"), "1");
  EXPECT_EQ(worker->spec.hostname, "algo-1");
  EXPECT_EQ(worker->read_file("processing/input/code/run.py"), "print(1)");
  EXPECT_NE(worker->read_file("config/processingjobconfig.json").find("processing-job/job"), std::string::npos);
  EXPECT_EQ(worker->read_file("config/resourceconfig.json"), R"({"current_host":"algo-1","hosts":["algo-1"]})");

  worker->print("working\n");
  worker->write_file("processing/out/a.csv", "1,2\n");
  worker->write_file("output/message", "all is well");
  worker->succeed();
  auto last = ended(job);
  EXPECT_EQ(last.status, "Completed") << last.failure_reason;
  EXPECT_EQ(last.exit_message, "all is well");
  EXPECT_TRUE(last.started && last.ended);
  EXPECT_EQ(get("out/a.csv"), "1,2\n");
  const auto stream = fmt::format("job/algo-1-{}", job.created.micros / 1'000'000);
  auto page = logs->events(scope, "/aws/sagemaker/ProcessingJobs", stream, {});
  ASSERT_TRUE(page);
  ASSERT_FALSE(page->events.empty());
  EXPECT_TRUE(
      std::any_of(page->events.begin(), page->events.end(), [](const auto& e) { return e.message == "working"; }));
  EXPECT_TRUE(launcher->wait_until_gone(fmt::format("process-{}-algo-1", job.id)));
}

TEST_F(Processing, AFailureLeavesItsReasonItsMessageAndItsOutputs) {
  auto job = create(spec());
  auto worker = worker_of(job);
  worker->print("Traceback (most recent call last):\n  KeyError: age\n");
  worker->write_file("processing/out/part", "half");
  worker->write_file("output/message", "no age");
  worker->end({workers::Exit::Kind::exited, 3, 0});
  auto last = ended(job);
  EXPECT_EQ(last.status, "Failed");
  EXPECT_NE(last.failure_reason.find("KeyError: age"), std::string::npos) << last.failure_reason;
  EXPECT_NE(last.failure_reason.find("exit code: 3"), std::string::npos) << last.failure_reason;
  EXPECT_EQ(last.exit_message, "no age");
  EXPECT_EQ(get("out/part"), "half");
}

TEST_F(Processing, AMessageThatIsNotTextFailsTheJob) {
  auto job = create(spec());
  auto worker = worker_of(job);
  worker->write_file("output/message", "\xff");
  worker->succeed();
  auto last = ended(job);
  EXPECT_EQ(last.status, "Failed");
  EXPECT_TRUE(last.failure_reason.starts_with("ClientError: ")) << last.failure_reason;
  EXPECT_EQ(last.exit_message, "");
}

TEST_F(Processing, FailsBeforeItsStartWhereTheOutputOrTheCommandIsMissing) {
  auto lost = spec();
  lost.outputs[0].s3_uri = "s3://no-such-bucket/x";
  auto last = ended(create(lost, "lost"));
  EXPECT_EQ(last.status, "Failed");
  EXPECT_NE(last.failure_reason.find("no-such-bucket"), std::string::npos) << last.failure_reason;
  auto bare = spec();
  bare.entrypoint.clear();
  bare.arguments.clear();
  last = ended(create(bare, "bare"));
  EXPECT_EQ(last.status, "Failed");
  EXPECT_NE(last.failure_reason.find("ContainerEntrypoint"), std::string::npos) << last.failure_reason;
  auto wrong = spec();
  wrong.outputs[0].local_path = "/etc";
  EXPECT_FALSE(jobs->create(scope, "wrong", wrong, "{}", {}));
}

TEST_F(Processing, AStopUploadsWhatIsThere) {
  auto job = create(spec());
  auto worker = worker_of(job);
  worker->write_file("processing/out/part", "half");
  ASSERT_TRUE(jobs->stop(job.id));
  auto last = ended(job);
  EXPECT_EQ(last.status, "Stopped");
  EXPECT_EQ(last.failure_reason, "");
  EXPECT_EQ(get("out/part"), "half");
}

TEST_F(Processing, TheTimeLimitStopsIt) {
  auto brief = spec();
  brief.max_runtime_seconds = 3;
  auto job = create(brief);
  worker_of(job);
  auto last = ended(job);
  EXPECT_EQ(last.status, "Stopped");
  EXPECT_EQ(last.failure_reason, "");
}

TEST_F(Processing, ContinuousOutputsGoOnWithTheNextServer) {
  auto asked = spec();
  asked.outputs[0].upload_mode = "Continuous";
  auto job = create(asked);
  auto worker = worker_of(job);
  worker->write_file("processing/out/first", "1");
  EXPECT_TRUE(appears("out/first", "1"));
  stop_server();
  worker->write_file("processing/out/second", "2");
  restart();
  EXPECT_TRUE(appears("out/second", "2"));
  EXPECT_EQ(look().status, "InProgress");
  worker->write_file("processing/out/third", "3");
  worker->succeed();
  EXPECT_EQ(ended(job).status, "Completed");
  EXPECT_EQ(get("out/third"), "3");
}

TEST_F(Processing, ARestartMidUploadUploadsAgain) {
  auto job = create(spec());
  auto worker = worker_of(job);
  worker->write_file("processing/out/a", "1");
  worker->write_file("output/message", "said");
  stop_server();
  worker->succeed();
  restart();
  auto last = ended(job);
  EXPECT_EQ(last.status, "Completed");
  EXPECT_EQ(last.exit_message, "said");
  EXPECT_EQ(get("out/a"), "1");
}

TEST_F(Processing, SeveralHosts) {
  for (int i = 0; i < 3; ++i) put(fmt::format("data/{}", i), "x");
  auto asked = spec();
  asked.instance_count = 2;
  asked.inputs = {{.name = "data",
                   .s3_uri = "s3://bkt/data/",
                   .local_path = "/opt/ml/processing/data",
                   .distribution = "ShardedByS3Key"}};
  auto job = create(asked);
  std::size_t files = 0;
  for (int host : {1, 2}) {
    auto worker = worker_of(job, host);
    EXPECT_EQ(worker->spec.hostname, fmt::format("algo-{}", host));
    EXPECT_NE(worker->read_file("config/resourceconfig.json").find(R"("hosts":["algo-1","algo-2"])"),
              std::string::npos);
    for (int i = 0; i < 3; ++i) files += worker->read_file(fmt::format("processing/data/{}", i)).size();
    worker->write_file(fmt::format("processing/out/{}", host), "done");
    worker->write_file("output/message", fmt::format("host {};", host));
  }
  EXPECT_EQ(files, 3u);
  worker_of(job, 1)->succeed();
  worker_of(job, 2)->succeed();
  auto last = ended(job);
  EXPECT_EQ(last.status, "Completed") << last.failure_reason;
  EXPECT_EQ(last.exit_message, "host 1;host 2;");
  EXPECT_EQ(get("out/1"), "done");
  EXPECT_EQ(get("out/2"), "done");
}

// The server is killed at every step of a job's life, one step after the other, and another one takes over.
TEST_F(Processing, NothingIsLostAndNothingRunsTwiceWhereverTheServerIsKilled) {
  std::mutex mutex;
  std::map<std::string, int> starts;
  launcher->on_start = [&](FakeWorker& worker) {
    std::lock_guard lock(mutex);
    ++starts[worker.id()];
    worker.write_file("processing/out/" + worker.spec.hostname, "done");
    worker.write_file("output/message", worker.spec.hostname + ";");
    worker.succeed();
  };
  auto asked = spec();
  asked.instance_count = 2;
  asked.outputs[0].upload_mode = "Continuous";
  int step = 1;
  for (; step < 100; ++step) {
    auto killed = std::make_shared<std::promise<void>>();
    auto count = std::make_shared<std::atomic<int>>(0);
    passed = [killed, count, step](std::string_view) {
      const int now = ++*count;
      if (now == step) killed->set_value();
      return now < step;
    };
    restart();
    starts.clear();
    const std::string name = fmt::format("job-{}", step);
    SCOPED_TRACE(name);
    asked.outputs[0].s3_uri = "s3://bkt/" + name;
    auto job = create(asked, name);
    auto future = killed->get_future();
    while (future.wait_for(1ms) != std::future_status::ready && !look(name).finished()) {
    }
    const bool dead = future.wait_for(2s) == std::future_status::ready;
    passed = {};
    if (dead) restart();
    auto last = ended(job);
    ASSERT_EQ(last.status, "Completed") << last.failure_reason;
    EXPECT_EQ(last.exit_message, "algo-1;algo-2;");
    EXPECT_EQ(get(name + "/algo-1"), "done");
    EXPECT_EQ(get(name + "/algo-2"), "done");
    for (int host : {1, 2}) {
      const auto id = fmt::format("process-{}-algo-{}", job.id, host);
      EXPECT_EQ(starts[id], 1);
      EXPECT_TRUE(launcher->wait_until_gone(id));
    }
    if (!dead) break;
  }
  EXPECT_GT(step, 5);
  EXPECT_LT(step, 100);
}

TEST_F(Processing, NamesAreTakenOnceUntilTheJobIsForgotten) {
  auto job = create(spec());
  auto again = jobs->create(scope, "job", spec(), "{}", {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::already_exists);
  auto early = jobs->erase(job);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().kind, ErrorKind::in_use);
  worker_of(job)->succeed();
  ended(job);
  ASSERT_TRUE(jobs->erase(job));
  EXPECT_FALSE(jobs->find(scope, "job")->has_value());
  EXPECT_EQ(jobs->erase(job).error().kind, ErrorKind::not_found);
  EXPECT_NE(create(spec()).id, job.id);
}

}  // namespace
}  // namespace clary::jobs
