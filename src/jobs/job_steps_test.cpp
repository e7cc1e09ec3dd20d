// The server is killed at every step of a job's life, one step after the other, and another one takes over.
#include <atomic>

#include "jobs/test_training_jobs.hpp"

namespace clary::jobs {
namespace {

class Steps : public Jobs {
 protected:
  // Hosts that do their work at once. How often each was started is counted.
  void SetUp() override {
    Jobs::SetUp();
    launcher->on_start = [this](FakeWorker& worker) {
      std::lock_guard lock(mutex);
      ++starts[worker.id()];
      worker.print("work\n");
      worker.write_file("model/" + worker.spec.hostname, "m");
      if (!waits) worker.succeed();
    };
  }
  // Kills the server when it has taken `last` steps.
  void arm(int last) {
    count = 0;
    killed = std::make_shared<std::promise<void>>();
    passed = [this, last, dead = killed](std::string_view step) {
      const int now = ++count;
      if (now == last) {
        at = step;
        dead->set_value();
      }
      return now < last;
    };
  }
  // False: the job's life has fewer steps, and it has ended.
  bool killed_before_end(const TrainingJob& job) {
    auto future = killed->get_future();
    for (int i = 0; i < 10000; ++i) {
      if (future.wait_for(1ms) == std::future_status::ready) return true;
      if (look(job.name).finished()) return future.wait_for(2s) == std::future_status::ready;
    }
    ADD_FAILURE() << "neither killed nor ended";
    return false;
  }
  void revive() {
    passed = {};
    restart();
  }

  std::mutex mutex;
  std::map<std::string, int> starts;
  std::atomic<bool> waits{false};
  std::atomic<int> count{0};
  std::string at;
  std::shared_ptr<std::promise<void>> killed;
};

// A life from Create to Completed, on one host and on two.
TEST_F(Steps, NothingIsLostAndNothingRunsTwice) {
  for (std::int64_t hosts : {1, 2}) {
    int step = 1;
    for (; step < 100; ++step) {
      SCOPED_TRACE(fmt::format("{} hosts, step {}", hosts, step));
      starts.clear();
      arm(step);
      restart();
      TrainingSpec asked = spec();
      asked.instance_count = hosts;
      const std::string name = fmt::format("job-{}-{}", hosts, step);
      auto job = create(asked, name);
      const bool dead = killed_before_end(job);
      if (dead) revive();
      SCOPED_TRACE(at);
      auto last = ended(job);
      ASSERT_EQ(last.status, "Completed") << last.failure_reason;
      EXPECT_EQ(starts.size(), static_cast<std::size_t>(hosts));
      for (const auto& [worker, times] : starts) EXPECT_EQ(times, 1) << worker;
      auto lines = log(job, static_cast<int>(hosts));
      EXPECT_EQ(std::count(lines.begin(), lines.end(), "work"), 1);
      EXPECT_EQ(archive("out/" + name + "/output/model.tar.gz").size(), static_cast<std::size_t>(hosts));
      const auto words = statuses(last);
      EXPECT_EQ(std::count(words.begin(), words.end(), "Completed"), 1);
      for (const auto& [worker, times] : starts) EXPECT_TRUE(launcher->wait_until_gone(worker));
      EXPECT_EQ(slots.use().used.cpus, 0);
      if (!dead) break;
    }
    EXPECT_GT(step, 7);
    EXPECT_LT(step, 100);
  }
}

// The same with a stop in the middle: what was answered holds.
TEST_F(Steps, AStopThatWasAnsweredHolds) {
  waits = true;
  int step = 1;
  for (; step < 100; ++step) {
    SCOPED_TRACE(fmt::format("step {}", step));
    starts.clear();
    passed = {};
    restart();
    auto job = create(spec(), fmt::format("stopped-{}", step));
    when("Training", job.name);
    // From the next server on, steps count.
    arm(step);
    restart();
    const bool answered = jobs->stop(job.id).ok();
    const bool dead = killed_before_end(job);
    if (dead) revive();
    if (!answered) {
      ASSERT_TRUE(jobs->stop(job.id));
    }
    auto last = ended(job);
    EXPECT_EQ(last.status, "Stopped") << at;
    for (const auto& [worker, times] : starts) {
      EXPECT_EQ(times, 1);
      EXPECT_TRUE(launcher->wait_until_gone(worker));
    }
    EXPECT_EQ(slots.use().used.cpus, 0);
    if (!dead) break;
  }
  EXPECT_GT(step, 3);
  EXPECT_LT(step, 100);
}

}  // namespace
}  // namespace clary::jobs
