// The whole of it with real processes: the sandbox's launcher and the package that runs scripts.
#include <future>

#include "io/process.hpp"
#include "jobs/test_ground.hpp"
#include "workers/process_launcher.hpp"

namespace clary::jobs {
namespace {

class Life : public Ground {
 protected:
  void SetUp() override {
    python_ = fs::path(__FILE__).parent_path().parent_path().parent_path() / "python";
    ASSERT_TRUE(fs::exists(python_ / "clary_runtime/train.py")) << "run this in the folder that it was built in";
    if (!fs::exists("/usr/bin/python3")) GTEST_SKIP() << "no python3";
    workers::LauncherOptions options;
    options.folder = base / "workers";
    options.init = io::program_folder() + "/clary-init";
    auto opened = workers::open_process_launcher(options);
    if (!opened) GTEST_SKIP() << "no sandbox here: " << opened.error().message;
    launcher_ = *std::move(opened);
    fs::create_directories(base / "runtimes/sklearn");
    std::ofstream(base / "runtimes/sklearn/lock.txt") << "numpy==1.24.4\n";
    std::ofstream(base / "runtimes/sklearn/runtime.toml")
        << "[runtime]\nname = \"sklearn\"\nframework_module = \"sklearn\"\n"
           "[[image]]\nrepositories = [\"sagemaker-scikit-learn\"]\naccounts = [\"*\"]\n"
           "[[version]]\ntag = \"1.2-1\"\nlibrary = \"scikit-learn 1.2.1\"\nsource = \"test\"\npython = \"3.11\"\n"
           "requirements = \"lock.txt\"\nfidelity = \"exact\"\nreason = \"\"\n";
    catalogue_ = *runtimes::Catalogue::open({base / "runtimes"});
    environments_.python = "/usr/bin/python3";
    start_server();
  }
  void TearDown() override {
    jobs_.reset();
    if (!launcher_) return;
    for (const auto& id : launcher_->ids()) launcher_->remove(id);
  }
  void start_server() {
    jobs_.reset();
    jobs_ = std::make_unique<TrainingJobs>(JobParts{.store = store,
                                                    .logs = *logs,
                                                    .objects = *objects,
                                                    .launcher = *launcher_,
                                                    .slots = slots_,
                                                    .catalogue = catalogue_,
                                                    .environments = environments_,
                                                    .surroundings = [](auto&&...) { return workers::Surroundings{}; },
                                                    .clock = clock,
                                                    .runtime_folder = python_,
                                                    .workers_folder = base / "workers",
                                                    .stop_grace = 300ms});
  }
  TrainingJob create(const std::string& script, const std::string& name = "life") {
    put("code/" + name + ".tar.gz", tar_gz({{"train.py", script}}));
    TrainingSpec spec;
    spec.image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3";
    spec.role_arn = "arn:aws:iam::000000000000:role/R";
    spec.output_path = "s3://bkt/out";
    spec.instance_type = "ml.m5.large";
    spec.hyperparameters = {{"sagemaker_program", "\"train.py\""},
                            {"sagemaker_submit_directory", "\"s3://bkt/code/" + name + ".tar.gz\""},
                            {"depth", "3"}};
    spec.channels = {{.name = "train", .s3_uri = "s3://bkt/data/"}};
    spec.metrics = {{"acc", "acc=([0-9.]+)"}};
    auto job = jobs_->create(scope, name, spec, "{}", {});
    EXPECT_TRUE(job);
    return *job;
  }
  TrainingJob ended(const TrainingJob& job) {
    auto done = std::make_shared<std::promise<void>>();
    auto handle = jobs_->when_finished(job.id, [done] { done->set_value(); });
    EXPECT_EQ(done->get_future().wait_for(30s), std::future_status::ready);
    return **jobs_->find(scope, job.name);
  }
  std::string log(const TrainingJob& job) {
    std::string text;
    meta::LogStore::EventQuery query;
    query.from_head = true;
    auto page = logs->events(scope, "/aws/sagemaker/TrainingJobs",
                             job.name + "/algo-1-" + std::to_string(job.created.micros / 1'000'000), query);
    if (page) {
      for (const auto& event : page->events) text += event.message + "\n";
    }
    return text;
  }
  void wait_for_line(const TrainingJob& job, const std::string& line) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (log(job).find(line) == std::string::npos && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(2ms);
  }

  fs::path python_;
  std::unique_ptr<workers::Launcher> launcher_;
  runtimes::Catalogue catalogue_;
  FakeEnvironments environments_;
  workers::Slots slots_{workers::host_share()};
  std::unique_ptr<TrainingJobs> jobs_;
};

TEST_F(Life, AScriptReadsItsDataAndLeavesAModel) {
  put("data/numbers.csv", "1,2,3\n");
  auto job = create(
      "import os, sys\n"
      "data = open(os.path.join(os.environ['SM_CHANNEL_TRAIN'], 'numbers.csv')).read().strip()\n"
      "print('read', data, sys.argv[1:], os.environ['TRAINING_JOB_NAME'], os.uname().nodename)\n"
      "print('acc=0.875')\n"
      "open(os.path.join(os.environ['SM_MODEL_DIR'], 'model.txt'), 'w').write('fitted')\n"
      "open(os.path.join(os.environ['SM_OUTPUT_DATA_DIR'], 'extra.txt'), 'w').write('more')\n");
  auto last = ended(job);
  EXPECT_EQ(last.status, "Completed") << last.failure_reason << log(job);
  EXPECT_NE(log(job).find("read 1,2,3 ['--depth', '3'] life algo-1"), std::string::npos) << log(job);
  ASSERT_EQ(last.final_metrics.size(), 1u);
  EXPECT_EQ(last.final_metrics[0].value, 0.875);
  EXPECT_EQ(archive("out/life/output/model.tar.gz"), (std::map<std::string, std::string>{{"model.txt", "fitted"}}));
  EXPECT_EQ(archive("out/life/output/output.tar.gz"), (std::map<std::string, std::string>{{"data/extra.txt", "more"}}));
}

TEST_F(Life, AScriptsOwnErrorIsTheReason) {
  put("data/x", "x");
  auto last = ended(create("raise ValueError('three is too many')\n"));
  EXPECT_EQ(last.status, "Failed");
  EXPECT_TRUE(last.failure_reason.starts_with("AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage"))
      << last.failure_reason;
  EXPECT_NE(last.failure_reason.find("three is too many"), std::string::npos);
}

TEST_F(Life, AScriptThatIgnoresSigtermIsKilled) {
  put("data/x", "x");
  auto job = create(
      "import signal, time\n"
      "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
      "open('/opt/ml/model/checkpoint', 'w').write('c')\n"
      "print('waiting')\n"
      "time.sleep(60)\n");
  wait_for_line(job, "waiting\n");
  ASSERT_TRUE(jobs_->stop(job.id));
  EXPECT_EQ(ended(job).status, "Stopped");
  EXPECT_EQ(archive("out/life/output/model.tar.gz").count("checkpoint"), 1u);
}

TEST_F(Life, AJobOutlivesItsServer) {
  put("data/x", "x");
  auto job = create(
      "import os, time\n"
      "print('before')\n"
      "while not os.path.exists('/opt/ml/model/go'): time.sleep(0.01)\n"
      "print('after')\n");
  wait_for_line(job, "before\n");
  start_server();
  ASSERT_TRUE(jobs_->resume());
  std::ofstream(base / "workers" / ("train-" + std::to_string(job.id) + "-algo-1") / "ml/model/go") << "1";
  EXPECT_EQ(ended(job).status, "Completed");
  const std::string lines = log(job);
  EXPECT_EQ(lines.find("before\n"), lines.rfind("before\n")) << lines;
  EXPECT_NE(lines.find("after\n"), std::string::npos) << lines;
}

TEST_F(Life, AnEmptyScriptIsSoonOver) {
  put("data/x", "x");
  const auto start = std::chrono::steady_clock::now();
  auto last = ended(create("print('first line')\n"));
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  EXPECT_EQ(last.status, "Completed") << last.failure_reason;
  // Not a bound, which a busy machine would break: a figure to see.
  RecordProperty("create_to_completed_ms", static_cast<int>(took.count()));
  std::printf("Create to Completed: %d ms; Training after %d ms\n", static_cast<int>(took.count()),
              static_cast<int>((last.transitions.at(2).started.micros - last.created.micros) / 1000));
}

}  // namespace
}  // namespace clary::jobs
