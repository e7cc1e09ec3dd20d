// The tests' server of training jobs, over a Ground: it can be taken away and come back.
#pragma once

#include <future>

#include "jobs/test_ground.hpp"

namespace clary::jobs {

inline const std::string image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3";

class Jobs : public Ground {
 protected:
  void SetUp() override {
    fs::create_directories(base / "runtimes/sklearn");
    std::ofstream(base / "runtimes/sklearn/lock.txt") << "numpy==1.24.4\n";
    std::ofstream(base / "runtimes/sklearn/runtime.toml")
        << "[runtime]\nname = \"sklearn\"\nframework_module = \"sklearn\"\n"
           "[[image]]\nrepositories = [\"sagemaker-scikit-learn\"]\naccounts = [\"*\"]\n"
           "[[version]]\ntag = \"1.2-1\"\nlibrary = \"scikit-learn 1.2.1\"\nsource = \"test\"\npython = \"3.11\"\n"
           "requirements = \"lock.txt\"\nfidelity = \"exact\"\nreason = \"\"\n"
           "[[version]]\ntag = \"0.20.0\"\nlibrary = \"scikit-learn 0.20.4\"\nsource = \"test\"\npython = \"3.7\"\n"
           "requirements = \"lock.txt\"\nfidelity = \"nearest\"\nreason = \"0.20.0 has no wheel\"\n"
           "[[version]]\ntag = \"0.10\"\nlibrary = \"scikit-learn 0.10\"\nsource = \"test\"\npython = \"2.7\"\n"
           "requirements = \"lock.txt\"\nfidelity = \"impossible\"\nreason = \"Python 2 is not served\"\n";
    auto opened = runtimes::Catalogue::open({base / "runtimes"});
    ASSERT_TRUE(opened) << opened.error().message << opened.error().detail;
    catalogue = *std::move(opened);
    launcher = std::make_unique<FakeLauncher>(base / "workers");
    start_server();
  }
  void TearDown() override { jobs.reset(); }

  void start_server() {
    jobs.reset();
    jobs = std::make_unique<TrainingJobs>(JobParts{.store = store,
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
                                                   .settle = 20ms,
                                                   .metric_files_pause = 2ms,
                                                   .observers = observers,
                                                   .passed = passed});
  }
  // kill -9 and a new server: the old one's threads end where they stand; workers live on.
  void restart() {
    start_server();
    ASSERT_TRUE(jobs->resume());
  }

  TrainingSpec spec() {
    TrainingSpec spec;
    spec.image = image;
    spec.role_arn = "arn:aws:iam::000000000000:role/R";
    spec.output_path = "s3://bkt/out";
    spec.instance_type = "ml.m5.large";
    spec.metrics = {{"acc", "acc=([0-9.]+)"}};
    return spec;
  }
  TrainingJob create(const TrainingSpec& spec, const std::string& name = "job") {
    auto job = jobs->create(scope, name, spec, "{\"doc\":1}", {{"k", "v"}});
    EXPECT_TRUE(job) << job.error().message << job.error().detail;
    return job ? *job : TrainingJob{};
  }
  TrainingJob look(const std::string& name = "job") {
    auto found = jobs->find(scope, name);
    EXPECT_TRUE(found && *found);
    return found && *found ? **found : TrainingJob{};
  }
  // The job as it is when it has ended.
  TrainingJob ended(const TrainingJob& job) {
    auto done = std::make_shared<std::promise<void>>();
    auto future = done->get_future();
    auto handle = jobs->when_finished(job.id, [done] { done->set_value(); });
    EXPECT_EQ(future.wait_for(10s), std::future_status::ready) << "still " << look(job.name).secondary_status;
    return look(job.name);
  }
  TrainingJob when(const std::string& secondary, const std::string& name = "job") {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (std::chrono::steady_clock::now() < end) {
      auto job = look(name);
      if (job.secondary_status == secondary) return job;
      std::this_thread::sleep_for(1ms);
    }
    ADD_FAILURE() << "never " << secondary << ", is " << look(name).secondary_status << " "
                  << look(name).failure_reason;
    return look(name);
  }
  // Puts a job into a status as a server that was killed there leaves it.
  void as_if(const TrainingJob& job, const std::string& secondary, const std::string& more = "") {
    ASSERT_TRUE(store->write([&](meta::Session& session) -> Outcome<void> {
      TRY(auto record, meta::find_by_id(session, job.id));
      const std::string name = "\"secondary_status\":\"", open = "\"transitions\":[";
      auto at = record->state.find(name) + name.size();
      record->state.replace(at, record->state.find('"', at) - at, secondary);
      record->state.insert(record->state.find(open) + open.size(),
                           fmt::format(R"({{"status":"{}","message":"","started":1}},)", secondary));
      record->state.insert(1, more);
      return meta::update(session, *record);
    }));
  }
  std::shared_ptr<FakeWorker> worker_of(const TrainingJob& job, int host = 1, int attempt = 1) {
    return launcher->wait_for(
        fmt::format("train-{}-algo-{}{}", job.id, host, attempt > 1 ? fmt::format("-{}", attempt) : ""));
  }
  std::vector<std::string> log(const TrainingJob& job, int host = 1) {
    std::vector<std::string> lines;
    meta::LogStore::EventQuery query;
    query.from_head = true;
    auto stream = fmt::format("{}/algo-{}-", job.name, host) + std::to_string(job.created.micros / 1'000'000);
    auto page = logs->events(scope, "/aws/sagemaker/TrainingJobs", stream, query);
    if (!page) return lines;
    for (auto& event : page->events) lines.push_back(event.message);
    return lines;
  }
  static std::vector<std::string> statuses(const TrainingJob& job) {
    std::vector<std::string> words;
    for (const auto& transition : job.transitions) words.push_back(transition.status);
    return words;
  }
  using Words = std::vector<std::string>;

  runtimes::Catalogue catalogue;
  std::unique_ptr<FakeLauncher> launcher;
  std::function<bool(std::string_view)> passed;  // of the next server
  std::vector<JobObserver> observers;            // of the next server
  FakeEnvironments environments;
  workers::Slots slots{workers::host_share()};
  std::unique_ptr<TrainingJobs> jobs;
};

}  // namespace clary::jobs
