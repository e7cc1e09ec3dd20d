// What observers are told, over kills of the server at any step: each change and each point once, in the transaction that stores it.
#include "meta/series.hpp"

#include "jobs/test_training_jobs.hpp"

namespace clary::jobs {
namespace {

class Observed : public Jobs {
 protected:
  // Keeps the points as series of the job's own record: what was rolled back is not there.
  Observed() {
    JobObserver keeper;
    keeper.changed = [this](meta::Session&, std::string_view kind, const Job* before, const Job& now) -> Outcome<void> {
      std::lock_guard lock(mutex);
      if (failures > 0 && before != nullptr) {
        --failures;
        return make_error(ErrorKind::not_found, "the observer cannot");
      }
      EXPECT_EQ(kind, "training-job");
      EXPECT_NE(now.id, 0);
      told.push_back((before == nullptr ? "new " : before->secondary_status + " ") + now.secondary_status);
      return {};
    };
    keeper.measured = [](meta::Session& session, std::string_view, const Job& job, std::span<const MeasuredPoint> points) -> Outcome<void> {
      for (const auto& point : points) {
        const meta::Point one{point.value, point.time, point.step};
        CHECK_OK(meta::append(session, job.id, point.name, {&one, 1}));
      }
      return {};
    };
    observers = {keeper};
  }

  std::vector<double> values(const TrainingJob& job, std::string_view name = "acc") {
    std::vector<double> all;
    auto read = store->read([&](meta::Session& session) {
      return meta::each_block(session, job.id, name, {}, [&](std::span<const meta::Point> points) {
        for (const auto& point : points) all.push_back(point.value);
      });
    });
    EXPECT_TRUE(read);
    return all;
  }
  void until_there_are(std::size_t count, const TrainingJob& job, std::string_view name = "acc") {
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (values(job, name).size() < count && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
    EXPECT_EQ(values(job, name).size(), count);
  }
  std::string line(std::string_view name, double value, std::optional<int> step = {}) {
    return fmt::format(R"({{"MetricName": "{}", "Value": {}, "Timestamp": {}{}}})", name, value, clock.now().micros / 1'000'000,
                       step ? fmt::format(R"(, "IterationNumber": {})", *step) : "") +
           "\n";
  }
  void write(FakeWorker& worker, const std::string& name, const std::string& text) {
    const fs::path file = fs::path(worker.folder()) / "ml/output/metrics/sagemaker" / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::app) << text << std::flush;
  }

  std::mutex mutex;
  std::vector<std::string> told;
  int failures = 0;
};

using Values = std::vector<double>;

TEST_F(Observed, EachChangeIsToldWithWhatWasBefore) {
  auto job = create(spec());
  worker_of(job)->succeed();
  ended(job);
  std::lock_guard lock(mutex);
  EXPECT_EQ(told, (Words{"new Starting", "Starting Downloading", "Downloading Training", "Training Uploading", "Uploading Completed"}));
}

TEST_F(Observed, AnErrorRefusesANewJob) {
  observers.front().changed = [](auto&&...) -> Outcome<void> { return aws_error(ErrorKind::not_found, "ResourceNotFound", "no such trial"); };
  start_server();
  auto refused = jobs->create(scope, "job", spec(), "{}", {{"k", "v"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "no such trial");
  auto found = jobs->find(scope, "job");
  EXPECT_TRUE(found && !*found);
}

TEST_F(Observed, AnErrorLaterOnlyDelaysTheJob) {
  auto job = create(spec());
  auto worker = worker_of(job);
  when("Training");
  {
    std::lock_guard lock(mutex);
    failures = 2;
  }
  worker->print("acc=0.5\n");
  worker->succeed();
  auto last = ended(job);
  EXPECT_EQ(last.status, "Completed");
  EXPECT_EQ(values(job), (Values{0.5}));
  EXPECT_EQ(log(job), (Words{"acc=0.5"}));
}

TEST_F(Observed, EveryMatchIsAPointAndRestartsLoseAndDoubleNone) {
  auto job = create(spec());
  auto worker = worker_of(job);
  when("Training");
  worker->print("acc=0.1\nnothing\nacc=nan\nacc=0.2\n");
  until_there_are(2, job);
  restart();
  worker->print("acc=0.2\n");
  until_there_are(3, job);
  jobs.reset();
  worker->print("acc=0.4\nacc=0.5");
  worker->succeed();  // while no server is there
  restart();
  auto last = ended(job);
  EXPECT_EQ(values(job), (Values{0.1, 0.2, 0.2, 0.4, 0.5}));
  ASSERT_EQ(last.final_metrics.size(), 1u);
  EXPECT_EQ(last.final_metrics.front().value, 0.5);
}

TEST_F(Observed, MetricsFilesAreTakenInOnce) {
  auto job = create(spec());
  auto worker = worker_of(job);
  when("Training");
  EXPECT_EQ(worker->spec.environment.at("SAGEMAKER_METRICS_DIRECTORY"), "/opt/ml/output/metrics/sagemaker");
  write(*worker, "7.json", line("loss", 1, 10) + "broken\n" + line("loss", 2, 20));
  write(*worker, "8.json", line("loss", 3));
  until_there_are(3, job, "loss");
  restart();
  const std::string torn = line("loss", 4);
  write(*worker, "7.json", torn.substr(0, 20));
  write(*worker, "8.json", line("loss", 5));
  until_there_are(4, job, "loss");
  write(*worker, "7.json", torn.substr(20));
  until_there_are(5, job, "loss");
  jobs.reset();
  write(*worker, "8.json", line("loss", 6) + R"({"MetricName": "loss", "Val)");
  write(*worker, "9.json", line("loss", 7).substr(0, line("loss", 7).size() - 1));
  worker->succeed();
  restart();
  ended(job);
  EXPECT_EQ(values(job, "loss"), (Values{1, 2, 3, 5, 4, 6, 7}));
  EXPECT_TRUE(ended(job).final_metrics.empty()) << "those are of the definitions";
}

TEST_F(Observed, ASecondAttemptReadsItsOwnFiles) {
  auto asked = spec();
  asked.retry_attempts = 1;
  auto job = create(asked);
  auto first = worker_of(job);
  when("Training");
  write(*first, "7.json", line("loss", 1));
  until_there_are(1, job, "loss");
  first->end({workers::Exit::Kind::lost, 0, 0});
  auto second = worker_of(job, 1, 2);
  write(*second, "7.json", line("loss", 2));
  second->succeed();
  EXPECT_EQ(ended(job).status, "Completed");
  EXPECT_EQ(values(job, "loss"), (Values{1, 2}));
}

}  // namespace
}  // namespace clary::jobs
