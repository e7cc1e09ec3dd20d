#include "jobs/test_training_jobs.hpp"

namespace clary::jobs {
namespace {

TEST_F(Jobs, ARestartWhileTheEnvironmentIsMadeBeginsAgain) {
  environments.held = true;
  auto job = create(spec());
  auto old = environments.next();
  restart();
  old.done(old.environment);  // nobody listens any more
  auto making = environments.next();
  making.done(making.environment);
  worker_of(job)->succeed();
  EXPECT_EQ(statuses(ended(job)), (Words{"Starting", "Downloading", "Training", "Uploading", "Completed"}));
}

TEST_F(Jobs, ARestartInTheQueueKeepsWaiting) {
  auto all = slots.ask(workers::host_share(), [] {});
  auto job = create(spec());
  when("Pending");
  restart();
  when("Pending");
  all.reset();
  worker_of(job)->succeed();
  EXPECT_EQ(ended(job).status, "Completed");
}

TEST_F(Jobs, ARestartWhileDownloadingBeginsAgain) {
  auto all = slots.ask(workers::host_share(), [] {});
  auto job = create(spec());
  when("Pending");
  jobs.reset();
  as_if(job, "Downloading");
  const fs::path left = base / "workers" / ("train-" + std::to_string(job.id) + "-algo-1") / "ml/code";
  fs::create_directories(left);
  std::ofstream(left / "half.py") << "ha";
  all.reset();
  restart();
  auto worker = worker_of(job);
  EXPECT_FALSE(fs::exists(left / "half.py"));
  worker->succeed();
  EXPECT_EQ(ended(job).status, "Completed");
}

TEST_F(Jobs, AWorkerWhoseStartWasNotStoredIsAdopted) {
  auto all = slots.ask(workers::host_share(), [] {});
  auto job = create(spec());
  when("Pending");
  jobs.reset();
  as_if(job, "Downloading");
  workers::WorkerSpec started;
  started.id = "train-" + std::to_string(job.id) + "-algo-1";
  fs::create_directories(base / "workers" / started.id / "ml/model");
  fs::create_directories(base / "workers" / started.id / "ml/output");
  ASSERT_TRUE(launcher->start(started));
  auto worker = worker_of(job);
  worker->print("already running\n");
  restart();
  when("Training");
  worker->succeed();
  EXPECT_EQ(ended(job).status, "Completed");
  EXPECT_EQ(log(job), (Words{"already running"}));
}

TEST_F(Jobs, ARestartWhileTrainingLosesAndDoublesNoLine) {
  auto job = create(spec());
  auto worker = worker_of(job);
  when("Training");
  worker->print("one\nacc=0.1\n");
  while (log(job).size() < 2) std::this_thread::sleep_for(1ms);
  restart();
  worker->print("two\n");
  while (log(job).size() < 3) std::this_thread::sleep_for(1ms);
  jobs.reset();
  worker->print("three\n");
  worker->succeed();  // while no server is there
  restart();
  auto last = ended(job);
  EXPECT_EQ(last.status, "Completed");
  EXPECT_EQ(log(job), (Words{"one", "acc=0.1", "two", "three"}));
  ASSERT_EQ(last.final_metrics.size(), 1u);
  EXPECT_EQ(last.final_metrics[0].value, 0.1);
  EXPECT_EQ(statuses(last), (Words{"Starting", "Downloading", "Training", "Uploading", "Completed"}));
}

TEST_F(Jobs, ARestartAfterTheHostsOwnEndsInAReason) {
  auto job = create(spec());
  worker_of(job);
  when("Training");
  jobs.reset();
  launcher->lose("train-" + std::to_string(job.id) + "-algo-1");
  restart();
  auto last = ended(job);
  EXPECT_EQ(last.status, "Failed");
  EXPECT_TRUE(last.failure_reason.starts_with("InternalServerError:")) << last.failure_reason;

  auto second = create(spec(), "second");
  auto worker = worker_of(second);
  when("Training", "second");
  jobs.reset();
  worker->end({workers::Exit::Kind::lost, 0, 0});
  restart();
  EXPECT_TRUE(ended(second).failure_reason.find("is not known") != std::string::npos);
}

TEST_F(Jobs, ARestartWhileStoppingGoesOnStopping) {
  auto job = create(spec());
  auto worker = worker_of(job);
  worker->on_stop = [] {};  // ignores SIGTERM
  when("Training");
  ASSERT_TRUE(jobs->stop(job.id));
  while (worker->stop_count() == 0) std::this_thread::sleep_for(1ms);
  restart();
  while (worker->stop_count() < 2) std::this_thread::sleep_for(1ms);
  worker->end({workers::Exit::Kind::signalled, 0, 9});
  EXPECT_EQ(ended(job).status, "Stopped");
}

TEST_F(Jobs, AnUploadCutShortIsDoneAgain) {
  // The worker has ended and its end is known; the model then appears under the prefix only by the second server's
  // work.
  auto job = create(spec());
  auto worker = worker_of(job);
  when("Training");
  worker->write_file("model/m", "m");
  jobs.reset();
  as_if(job, "Uploading", R"("ending":"completed",)");
  launcher->lose("train-" + std::to_string(job.id) + "-algo-1");
  restart();
  EXPECT_EQ(ended(job).status, "Completed");
  EXPECT_EQ(archive("out/job/output/model.tar.gz").count("m"), 1u);
}

TEST_F(Jobs, WorkersOfNobodyAreCleared) {
  auto job = create(spec());
  worker_of(job);
  when("Training");
  for (const char* id : {"train-999-algo-1", "endpoint-5-1"}) fs::create_directories(base / "workers" / id);
  restart();
  EXPECT_TRUE(launcher->wait_until_gone("train-999-algo-1"));
  EXPECT_TRUE(fs::exists(base / "workers/endpoint-5-1"));
  EXPECT_TRUE(fs::exists(base / ("workers/train-" + std::to_string(job.id) + "-algo-1")));
}

TEST_F(Jobs, OneThatEndedWhileNoServerWasThereIsHeldToNoTimeLimit) {
  TrainingSpec brief = spec();
  brief.max_runtime_seconds = 3600;
  auto job = create(brief);
  auto worker = worker_of(job);
  when("Training");
  jobs.reset();
  worker->succeed();
  clock.step += 7200LL * 1'000'000;
  restart();
  auto last = ended(job);
  EXPECT_EQ(last.status, "Completed");
  EXPECT_EQ(last.secondary_status, "Completed");
}

TEST_F(Jobs, WorkersThatRunHaveTheirShareBeforeAnyJobThatWaits) {
  TrainingSpec large = spec();
  large.instance_type = "ml.m5.24xlarge";
  environments.held = true;
  auto waits = create(large, "waits");
  environments.next();
  environments.held = false;
  auto runs = create(large, "runs");
  worker_of(runs);
  when("Training", "runs");
  jobs.reset();
  ASSERT_EQ(slots.use().used.cpus, 0);
  const double all = slots.use().total.cpus;
  launcher->before_attach = [&](const std::string& id) { EXPECT_EQ(slots.use().used.cpus, all) << id; };
  restart();
  when("Pending", "waits");
  worker_of(runs)->succeed();
  EXPECT_EQ(ended(runs).status, "Completed");
  worker_of(waits)->succeed();
  EXPECT_EQ(ended(waits).status, "Completed");
}

TEST_F(Jobs, OneThatCannotBeReadHasFailed) {
  for (const std::string state : {"{\"spec\":", "[]", R"({"spec":5,"secondary_status":"Training"})"}) {
    SCOPED_TRACE(state);
    auto job = create(spec(), fmt::format("of-{}", state.size()));
    auto worker = worker_of(job);
    when("Training", job.name);
    jobs.reset();
    ASSERT_TRUE(store->write([&](meta::Session& session) -> Outcome<void> {
      TRY(auto record, meta::find_by_id(session, job.id));
      record->state = state;
      return meta::update(session, *record);
    }));
    restart();
    auto last = look(job.name);
    EXPECT_EQ(last.status, "Failed");
    EXPECT_EQ(last.secondary_status, "Failed");
    EXPECT_TRUE(last.failure_reason.starts_with("InternalServerError: ")) << last.failure_reason;
    EXPECT_EQ(last.document, job.document);
    EXPECT_TRUE(launcher->wait_until_gone(worker->id()));
  }
}

TEST_F(Jobs, ClearingAwayKeepsNoOtherJobWaiting) {
  for (const char* name : {"one", "two"}) {
    auto all = slots.ask(workers::host_share(), [] {});
    auto job = create(spec(), name);
    when("Pending", name);
    jobs.reset();
    as_if(job, "Downloading");
    all.reset();
    start_server();
  }
  std::promise<void> cleared;
  launcher->before_remove = [done = cleared.get_future().share()](const std::string&) { done.wait_for(20s); };
  restart();
  auto third = create(spec(), "third");
  worker_of(third)->succeed();
  EXPECT_EQ(ended(third).status, "Completed");
  launcher->on_start = [](FakeWorker& worker) { worker.succeed(); };
  cleared.set_value();
  for (const char* name : {"one", "two"}) EXPECT_EQ(ended(look(name)).status, "Completed");
}

// The state as it was written before jobs had several hosts.
constexpr std::string_view older_state = R"~({"spec":{"image":"IMAGE","role_arn":"arn:aws:iam::000000000000:role/R",
  "hyperparameters":{},"channels":[],"output_path":"s3://bkt/out","output_compression":"GZIP",
  "instance_type":"ml.m5.large","instance_count":1,"volume_gb":30,"max_runtime_seconds":86400,
  "metrics":[{"name":"acc","regex":"acc=([0-9.]+)"}],"environment":{},"entrypoint":[],"arguments":[],
  "network_isolation":false},"secondary_status":"Training","transitions":[
  {"status":"Starting","message":"m","started":1,"ended":2},{"status":"Downloading","message":"m","started":2,"ended":3},
  {"status":"Training","message":"m","started":3}],"final_metrics":[{"name":"acc","value":0.25,"time":3}],
  "log_stream":"STREAM","output_offset":4,"started":BEGUN})~";

TEST_F(Jobs, AJobOfAnOlderServersStateGoesOn) {
  auto job = create(spec());
  auto worker = worker_of(job);
  when("Training");
  worker->print("one\n");
  while (log(job).empty()) std::this_thread::sleep_for(1ms);
  jobs.reset();
  std::string state(older_state);
  state.replace(state.find("IMAGE"), 5, image);
  state.replace(state.find("STREAM"), 6, fmt::format("job/algo-1-{}", job.created.micros / 1'000'000));
  state.replace(state.find("BEGUN"), 5, std::to_string(job.created.micros));
  ASSERT_TRUE(store->write([&](meta::Session& session) -> Outcome<void> {
    TRY(auto record, meta::find_by_id(session, job.id));
    record->state = state;
    return meta::update(session, *record);
  }));
  restart();
  worker->print("two\n");
  worker->succeed();
  auto last = ended(job);
  EXPECT_EQ(last.status, "Completed") << last.failure_reason;
  EXPECT_EQ(log(job), (Words{"one", "two"}));
  EXPECT_EQ(statuses(last), (Words{"Starting", "Downloading", "Training", "Uploading", "Completed"}));
  ASSERT_EQ(last.final_metrics.size(), 1u);
  EXPECT_EQ(last.final_metrics[0].value, 0.25);
}

}  // namespace
}  // namespace clary::jobs
