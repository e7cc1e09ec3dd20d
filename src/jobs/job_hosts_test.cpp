// Jobs over several hosts, and jobs that are made again.
#include <boost/json.hpp>

#include "jobs/test_training_jobs.hpp"

namespace clary::jobs {
namespace {

class Hosts : public Jobs {
 protected:
  TrainingSpec spec_of(std::int64_t hosts) {
    TrainingSpec asked = spec();
    asked.instance_count = hosts;
    return asked;
  }
  void lose(const std::shared_ptr<FakeWorker>& worker) { worker->end({workers::Exit::Kind::lost, 0, 0}); }
};

TEST_F(Hosts, EachHasItsNameItsLogAndItsPartOfTheMachine) {
  auto job = create(spec_of(2));
  auto first = worker_of(job, 1), second = worker_of(job, 2);
  EXPECT_EQ(first->spec.hostname, "algo-1");
  EXPECT_EQ(second->spec.hostname, "algo-2");
  EXPECT_EQ(first->spec.link.hosts, (Words{"algo-1", "algo-2"}));
  EXPECT_FALSE(first->spec.link.network.empty());
  EXPECT_EQ(first->spec.link.network, second->spec.link.network);
  auto config = boost::json::parse(second->read_file("input/config/resourceconfig.json"));
  EXPECT_EQ(config.at("current_host").as_string(), "algo-2");
  EXPECT_EQ(config.at("hosts").as_array().size(), 2u);
  const auto all = workers::host_share();
  EXPECT_LE(first->spec.limits.memory, all.memory / 2);
  EXPECT_LE(slots.use().used.cpus, all.cpus + 1e-6);
  when("Training");
  first->print("of the first\nacc=0.5\n");
  second->print("of the second\n");
  second->write_file("model/of-2", "2");
  second->write_file("model/shared", "2");
  first->write_file("model/shared", "1");
  first->succeed();
  second->succeed();
  auto last = ended(job);
  EXPECT_EQ(last.status, "Completed");
  EXPECT_EQ(log(job, 1), (Words{"of the first", "acc=0.5"}));
  EXPECT_EQ(log(job, 2), (Words{"of the second"}));
  EXPECT_EQ(archive("out/job/output/model.tar.gz"),
            (std::map<std::string, std::string>{{"of-2", "2"}, {"shared", "1"}}));
  ASSERT_EQ(last.final_metrics.size(), 1u);
  EXPECT_EQ(slots.use().used.cpus, 0);
  EXPECT_TRUE(launcher->wait_until_gone(first->id()));
  EXPECT_TRUE(launcher->wait_until_gone(second->id()));
}

TEST_F(Hosts, OneOnItsOwnHasNoNetwork) {
  auto job = create(spec());
  EXPECT_TRUE(worker_of(job)->spec.link.network.empty());
  worker_of(job)->succeed();
  ended(job);
}

TEST_F(Hosts, OneThatEndsEarlyWaitsForTheOthers) {
  auto job = create(spec_of(3));
  worker_of(job, 1)->succeed();
  worker_of(job, 3)->succeed();
  when("Training");
  EXPECT_EQ(worker_of(job, 2)->stop_count(), 0u);
  EXPECT_EQ(look().secondary_status, "Training");
  worker_of(job, 2)->succeed();
  EXPECT_EQ(ended(job).status, "Completed");
}

TEST_F(Hosts, TheFirstFailureEndsTheJobAndIsTheReason) {
  auto job = create(spec_of(3));
  auto first = worker_of(job, 1), second = worker_of(job, 2), third = worker_of(job, 3);
  when("Training");
  // What the first says when it misses the second is not the cause.
  first->on_stop = [&] {
    first->print("ConnectionResetError\n");
    first->end({workers::Exit::Kind::exited, 1, 0});
  };
  second->print("ValueError: two is unwell\n");
  second->end({workers::Exit::Kind::exited, 7, 0});
  auto last = ended(job);
  EXPECT_EQ(last.status, "Failed");
  EXPECT_TRUE(last.failure_reason.starts_with("AlgorithmError: algo-2: ")) << last.failure_reason;
  EXPECT_NE(last.failure_reason.find("two is unwell"), std::string::npos) << last.failure_reason;
  EXPECT_NE(last.failure_reason.find("exit code: 7"), std::string::npos) << last.failure_reason;
  EXPECT_EQ(first->stops, (std::vector<std::chrono::milliseconds>{10s}));
  EXPECT_EQ(third->stop_count(), 1u);
}

TEST_F(Hosts, AStopReachesThemAll) {
  auto job = create(spec_of(2));
  auto first = worker_of(job, 1), second = worker_of(job, 2);
  when("Training");
  ASSERT_TRUE(jobs->stop(job.id));
  EXPECT_EQ(ended(job).status, "Stopped");
  EXPECT_EQ(first->stop_count() + second->stop_count(), 2u);
}

TEST_F(Hosts, AStopThatIsAskedForAgainInterruptsNoHostsGrace) {
  auto job = create(spec_of(2));
  auto first = worker_of(job, 1), second = worker_of(job, 2);
  for (auto& worker : {first, second}) worker->on_stop = [] {};  // saves what it has
  when("Training");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(jobs->stop(job.id));
  while (second->stop_count() == 0) std::this_thread::sleep_for(1ms);
  first->succeed();
  second->succeed();
  EXPECT_EQ(ended(job).status, "Stopped");
  EXPECT_EQ(first->stop_count(), 1u);
  EXPECT_EQ(second->stop_count(), 1u);
}

TEST_F(Hosts, AStopDuringTheLaunchGivesThoseThatRunTheirGrace) {
  launcher->on_start = [this](FakeWorker& worker) {
    worker.write_file("model/" + worker.spec.hostname, "m");
    if (worker.spec.hostname == "algo-1") {
      EXPECT_TRUE(jobs->stop(look().id));
    }
  };
  std::promise<void> known;
  launcher->before_remove = [done = known.get_future().share()](const std::string&) { done.wait_for(20s); };
  auto job = create(spec_of(2));
  auto first = worker_of(job, 1);
  known.set_value();
  EXPECT_EQ(ended(job).status, "Stopped");
  EXPECT_EQ(first->stops, (std::vector<std::chrono::milliseconds>{7s}));
  EXPECT_EQ(archive("out/job/output/model.tar.gz").count("algo-1"), 1u);
}

TEST_F(Hosts, WhereOneCannotStartNoneGoesOn) {
  launcher->refuse = [](const workers::WorkerSpec& worker) { return worker.hostname == "algo-2"; };
  auto job = create(spec_of(2));
  auto last = ended(job);
  EXPECT_EQ(last.status, "Failed");
  EXPECT_TRUE(last.failure_reason.starts_with("InternalServerError: ")) << last.failure_reason;
  EXPECT_TRUE(launcher->wait_until_gone(fmt::format("train-{}-algo-1", job.id)));
  EXPECT_EQ(slots.use().used.cpus, 0);
}

TEST_F(Hosts, AJobThatIsLargerThanTheMachineIsScaledAndWaitsInOrder) {
  auto all = slots.ask(workers::host_share(), [] {});
  TrainingSpec large = spec_of(4);
  large.instance_type = "ml.m5.24xlarge";
  auto job = create(large);
  auto pending = when("Pending");
  EXPECT_NE(pending.transitions.back().message.find("waiting for"), std::string::npos)
      << pending.transitions.back().message;
  all.reset();
  for (int host = 1; host <= 4; ++host) worker_of(job, host)->succeed();
  EXPECT_EQ(ended(job).status, "Completed");
}

TEST_F(Hosts, IsolatedOnesReachEachOtherAlone) {
  TrainingSpec asked = spec_of(2);
  asked.network_isolation = true;
  auto job = create(asked);
  EXPECT_FALSE(worker_of(job, 1)->spec.forwarder);
  EXPECT_FALSE(worker_of(job, 1)->spec.link.network.empty());
  worker_of(job, 1)->succeed();
  worker_of(job, 2)->succeed();
  ended(job);
}

TEST_F(Hosts, ANewServerFindsThemAll) {
  auto job = create(spec_of(2));
  auto first = worker_of(job, 1), second = worker_of(job, 2);
  when("Training");
  first->print("one\n");
  second->print("uno\n");
  while (log(job, 1).empty() || log(job, 2).empty()) std::this_thread::sleep_for(1ms);
  jobs.reset();
  first->print("two\n");
  first->succeed();
  restart();
  second->print("due\n");
  second->succeed();
  EXPECT_EQ(ended(job).status, "Completed");
  EXPECT_EQ(log(job, 1), (Words{"one", "two"}));
  EXPECT_EQ(log(job, 2), (Words{"uno", "due"}));
}

TEST_F(Hosts, TheFailureThatAnEarlierServerSawFirstIsTheReason) {
  auto job = create(spec_of(2));
  auto first = worker_of(job, 1), second = worker_of(job, 2);
  first->on_stop = [] {};  // ignores SIGTERM
  when("Training");
  second->print("the cause\n");
  second->end({workers::Exit::Kind::exited, 3, 0});
  while (first->stop_count() == 0) std::this_thread::sleep_for(1ms);
  jobs.reset();
  first->end({workers::Exit::Kind::exited, 1, 0});
  restart();
  auto last = ended(job);
  EXPECT_TRUE(last.failure_reason.starts_with("AlgorithmError: algo-2: ")) << last.failure_reason;
}

TEST_F(Hosts, ALostWorkersJobIsMadeAgainAsOftenAsAsked) {
  TrainingSpec asked = spec();
  asked.retry_attempts = 2;
  auto job = create(asked);
  auto worker = worker_of(job);
  when("Training");
  worker->print("once\n");
  lose(worker);
  auto second = worker_of(job, 1, 2);
  EXPECT_TRUE(launcher->wait_until_gone(worker->id()));
  lose(second);
  auto third = worker_of(job, 1, 3);
  third->print("thrice\n");
  third->succeed();
  auto last = ended(job);
  EXPECT_EQ(last.status, "Completed") << last.failure_reason;
  EXPECT_EQ(statuses(last), (Words{"Starting", "Downloading", "Training", "Restarting", "Downloading", "Training",
                                   "Restarting", "Downloading", "Training", "Uploading", "Completed"}));
  auto lines = log(job);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "once"), 1);
  EXPECT_EQ(lines.back(), "thrice");
}

TEST_F(Hosts, TheLastAttemptsFailureIsTheJobs) {
  TrainingSpec asked = spec();
  asked.retry_attempts = 1;
  auto job = create(asked);
  when("Training");
  lose(worker_of(job));
  auto second = worker_of(job, 1, 2);
  lose(second);
  auto last = ended(job);
  EXPECT_EQ(last.status, "Failed");
  EXPECT_TRUE(last.failure_reason.starts_with("InternalServerError: ")) << last.failure_reason;
}

TEST_F(Hosts, AScriptsOwnErrorIsNotTriedAgain) {
  TrainingSpec asked = spec();
  asked.retry_attempts = 5;
  auto job = create(asked);
  worker_of(job)->end({workers::Exit::Kind::exited, 1, 0});
  auto last = ended(job);
  EXPECT_EQ(last.status, "Failed");
  EXPECT_EQ(statuses(last), (Words{"Starting", "Downloading", "Training", "Uploading", "Failed"}));
}

TEST_F(Hosts, AStoppedJobIsNotMadeAgain) {
  TrainingSpec asked = spec();
  asked.retry_attempts = 5;
  auto job = create(asked);
  auto worker = worker_of(job);
  worker->on_stop = [&] { lose(worker); };
  when("Training");
  ASSERT_TRUE(jobs->stop(job.id));
  EXPECT_EQ(ended(job).status, "Stopped");
}

}  // namespace
}  // namespace clary::jobs
