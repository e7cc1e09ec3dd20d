#include "jobs/test_training_jobs.hpp"

namespace clary::jobs {
namespace {

TEST_F(Jobs, ALifeToCompleted) {
  put("code/sourcedir.tar.gz", tar_gz({{"train.py", "print('hi')"}}));
  put("data/train/a.csv", "1,2");
  auto asked = spec();
  asked.hyperparameters = {{"sagemaker_program", "\"train.py\""},
                           {"sagemaker_submit_directory", "\"s3://bkt/code/sourcedir.tar.gz\""}};
  Channel channel;
  channel.name = "train";
  channel.s3_uri = "s3://bkt/data/train";
  asked.channels = {channel};
  auto job = create(asked);
  EXPECT_EQ(job.status, "InProgress");
  EXPECT_EQ(job.secondary_status, "Starting");

  auto worker = worker_of(job);
  EXPECT_EQ(worker->read_file("code/train.py"), "print('hi')");
  EXPECT_EQ(worker->read_file("input/data/train/a.csv"), "1,2");
  EXPECT_NE(worker->read_file("input/config/hyperparameters.json").find("sagemaker_program"), std::string::npos);
  EXPECT_EQ(worker->spec.hostname, "algo-1");
  EXPECT_EQ(worker->spec.environment["TRAINING_JOB_ARN"], job.arn);
  when("Training");
  worker->print("start\nacc=0.5\n\nacc=0.75\nno end");
  worker->write_file("model/model.joblib", "M");
  worker->write_file("output/data/x", "X");
  worker->succeed();

  auto last = ended(job);
  EXPECT_EQ(last.status, "Completed");
  EXPECT_EQ(statuses(last), (Words{"Starting", "Downloading", "Training", "Uploading", "Completed"}));
  for (const auto& transition : last.transitions) {
    ASSERT_TRUE(transition.ended);
    EXPECT_LE(transition.started, *transition.ended);
  }
  EXPECT_EQ(last.model_artifact, "s3://bkt/out/job/output/model.tar.gz");
  EXPECT_EQ(archive("out/job/output/model.tar.gz"), (std::map<std::string, std::string>{{"model.joblib", "M"}}));
  EXPECT_EQ(archive("out/job/output/output.tar.gz"), (std::map<std::string, std::string>{{"data/x", "X"}}));
  EXPECT_EQ(log(job), (Words{"start", "acc=0.5", "", "acc=0.75", "no end"}));
  ASSERT_EQ(last.final_metrics.size(), 1u);
  EXPECT_EQ(last.final_metrics[0].value, 0.75);
  ASSERT_TRUE(last.started && last.ended);
  EXPECT_LT(*last.started, *last.ended);
  EXPECT_EQ(last.document, "{\"doc\":1}");
  EXPECT_TRUE(launcher->wait_until_gone("train-" + std::to_string(job.id) + "-algo-1"));
  EXPECT_EQ(slots.use().used.cpus, 0);
}

TEST_F(Jobs, ANameIsTakenOnce) {
  create(spec());
  auto again = jobs->create(scope, "job", spec(), "{}", {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::already_exists);
  auto elsewhere = jobs->create({"000000000000", "eu-west-1"}, "job", spec(), "{}", {});
  EXPECT_TRUE(elsewhere);
}

TEST_F(Jobs, AFailingScriptGivesItsReasonAndItsArtifacts) {
  auto job = create(spec());
  auto worker = worker_of(job);
  worker->print("Traceback (most recent call last):\nValueError: bad\n");
  worker->write_file("output/failure", "ExecuteUserScriptError:\nExitCode 1\nErrorMessage \"ValueError: bad\"");
  worker->write_file("model/half", "h");
  worker->end({workers::Exit::Kind::exited, 1, 0});
  auto last = ended(job);
  EXPECT_EQ(last.status, "Failed");
  EXPECT_EQ(last.failure_reason,
            "AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage \"ValueError: bad\", exit code: 1");
  EXPECT_EQ(statuses(last), (Words{"Starting", "Downloading", "Training", "Uploading", "Failed"}));
  EXPECT_EQ(archive("out/job/output/model.tar.gz").size(), 1u);
  EXPECT_EQ(archive("out/job/output/output.tar.gz").count("failure"), 1u);
}

TEST_F(Jobs, WithoutAFailureFileTheLogSpeaks) {
  auto job = create(spec());
  auto worker = worker_of(job);
  worker->print("loading\nTraceback (most recent call last):\nMemoryError\n");
  worker->end({workers::Exit::Kind::signalled, 0, 9});
  auto last = ended(job);
  EXPECT_NE(last.failure_reason.find("MemoryError"), std::string::npos);
  EXPECT_EQ(last.failure_reason.find("loading"), std::string::npos);
  EXPECT_TRUE(last.failure_reason.ends_with("exit code: 137"));
}

TEST_F(Jobs, AFailureFileThatIsALinkIsNotRead) {
  auto job = create(spec());
  auto worker = worker_of(job);
  fs::create_symlink("/etc/passwd", worker->folder() + "/ml/output/failure");
  worker->end({workers::Exit::Kind::exited, 1, 0});
  EXPECT_EQ(ended(job).failure_reason.find("root:"), std::string::npos);
}

TEST_F(Jobs, LimitsAreNamed) {
  auto job = create(spec());
  worker_of(job)->end({workers::Exit::Kind::out_of_memory, 0, 9});
  EXPECT_NE(ended(job).failure_reason.find("more memory"), std::string::npos);
}

TEST_F(Jobs, WhatCannotStartFailsAtOnceWithTheReason) {
  struct Case {
    std::string name;
    std::function<void(TrainingSpec&)> with;
    std::string reason;
  };
  put("bad/src.tar.gz", "no archive");
  const std::vector<Case> cases{
      {"image", [](auto& s) { s.image = "1.dkr.ecr.us-east-1.amazonaws.com/nothing:1"; }, "ClientError: "},
      {"impossible",
       [](auto& s) { s.image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:0.10-cpu-py3"; },
       "Python 2 is not served"},
      {"type", [](auto& s) { s.instance_type = "ml.unheard.of"; }, "ClientError: "},
      {"output", [](auto& s) { s.output_path = "s3://nobucket/x"; },
       "The output path \"s3://nobucket/x\" cannot be used"},
      {"foreign", [](auto& s) { s.output_path = "s3://foreign/x"; }, "another account"},
      {"data", [](auto& s) { s.channels = {{.name = "train", .s3_uri = "s3://bkt/none"}}; },
       "ClientError: Data download failed: No S3 objects found under S3 URL \"s3://bkt/none\""},
      {"channel", [](auto& s) { s.channels = {{.name = "..", .s3_uri = "s3://bkt/none"}}; },
       "cannot be the name of a channel"},
      {"source", [](auto& s) { s.hyperparameters["sagemaker_submit_directory"] = "s3://bkt/bad/src.tar.gz"; },
       "s3://bkt/bad/src.tar.gz"},
  };
  for (const auto& each : cases) {
    auto asked = spec();
    each.with(asked);
    auto last = ended(create(asked, each.name));
    EXPECT_EQ(last.status, "Failed") << each.name;
    EXPECT_NE(last.failure_reason.find(each.reason), std::string::npos) << each.name << ": " << last.failure_reason;
    EXPECT_EQ(last.transitions.back().message, "Training job failed");
  }
  EXPECT_EQ(slots.use().used.cpus, 0);
}

TEST_F(Jobs, TheEnvironmentInTheMakingIsSeen) {
  environments.held = true;
  auto job = create(spec());
  auto making = environments.next();
  making.progress("downloading numpy");
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (look().transitions.back().message.find("numpy") == std::string::npos &&
         std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(look().secondary_status, "Starting");
  EXPECT_EQ(look().transitions.back().message, "Preparing the environment sklearn:1.2-1: downloading numpy");
  EXPECT_EQ(log(job), (Words{"Clary: Preparing the environment sklearn:1.2-1: downloading numpy"}));
  making.done(making.environment);
  worker_of(job)->succeed();
  EXPECT_EQ(ended(job).status, "Completed");
}

TEST_F(Jobs, AnEnvironmentThatCannotBeMadeIsTheReason) {
  environments.held = true;
  auto job = create(spec());
  environments.next().done(make_error(ErrorKind::unavailable, "The package registry cannot be reached."));
  EXPECT_EQ(ended(job).failure_reason, "InternalServerError: The package registry cannot be reached.");
}

TEST_F(Jobs, TheNearestVersionSaysSoInTheLog) {
  auto asked = spec();
  asked.image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:0.20.0-cpu-py3";
  asked.metrics.push_back({"odd", "(?=x)(.*)"});
  auto job = create(asked);
  worker_of(job)->succeed();
  ended(job);
  auto lines = log(job);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NE(lines[0].find("scikit-learn 0.20.4"), std::string::npos);
  EXPECT_NE(lines[1].find("\"odd\""), std::string::npos);
}

TEST_F(Jobs, WhatDoesNotFitWaits) {
  auto all = slots.ask(workers::host_share(), [] {});
  auto job = create(spec());
  auto waiting = when("Pending");
  EXPECT_TRUE(waiting.transitions.back().message.starts_with("Training job waiting for capacity: "))
      << waiting.transitions.back().message;
  EXPECT_FALSE(waiting.started);
  all.reset();
  worker_of(job)->succeed();
  EXPECT_EQ(statuses(ended(job)), (Words{"Starting", "Pending", "Downloading", "Training", "Uploading", "Completed"}));
}

TEST_F(Jobs, StopWhileTheEnvironmentIsMade) {
  environments.held = true;
  auto job = create(spec());
  auto making = environments.next();
  ASSERT_TRUE(jobs->stop(job.id));
  auto last = ended(job);
  EXPECT_EQ(last.status, "Stopped");
  EXPECT_EQ(statuses(last), (Words{"Starting", "Stopping", "Stopped"}));
  EXPECT_FALSE(last.ended);
  making.done(making.environment);
  EXPECT_EQ(look().status, "Stopped");
  EXPECT_TRUE(jobs->stop(job.id)) << "stopping what has ended is no error here";
  EXPECT_FALSE(jobs->stop(4711));
}

TEST_F(Jobs, StopWhileWaitingForASlot) {
  auto all = slots.ask(workers::host_share(), [] {});
  auto job = create(spec());
  when("Pending");
  ASSERT_TRUE(jobs->stop(job.id));
  EXPECT_EQ(ended(job).status, "Stopped");
  EXPECT_EQ(slots.use().waiting, 0u);
}

TEST_F(Jobs, StopWhileDownloading) {
  put("data/a", "a");
  std::promise<void> reached, go;
  launcher->before_inputs = [&] {
    reached.set_value();
    go.get_future().wait();
  };
  auto asked = spec();
  asked.channels = {{.name = "train", .s3_uri = "s3://bkt/data"}};
  auto job = create(asked);
  reached.get_future().wait();
  ASSERT_TRUE(jobs->stop(job.id));
  EXPECT_EQ(look().status, "Stopping");
  go.set_value();
  auto last = ended(job);
  EXPECT_EQ(last.status, "Stopped");
  EXPECT_EQ(statuses(last), (Words{"Starting", "Downloading", "Stopping", "Stopped"}));
  EXPECT_TRUE(last.ended);
  EXPECT_TRUE(launcher->wait_until_gone("train-" + std::to_string(job.id) + "-algo-1"));
}

TEST_F(Jobs, StopWhileTheWorkerStarts) {
  std::promise<void> reached, go;
  launcher->on_start = [&](FakeWorker&) {
    reached.set_value();
    go.get_future().wait();
  };
  auto job = create(spec());
  reached.get_future().wait();
  ASSERT_TRUE(jobs->stop(job.id));
  go.set_value();
  auto last = ended(job);
  EXPECT_EQ(statuses(last), (Words{"Starting", "Downloading", "Stopping", "Uploading", "Stopped"}));
}

TEST_F(Jobs, ALimitPassedWhileDownloadingSaysSo) {
  put("data/a", "a");
  launcher->before_inputs = [&] {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (look().status != "Stopping" && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
  };
  auto asked = spec();
  asked.max_runtime_seconds = 1;
  asked.channels = {{.name = "train", .s3_uri = "s3://bkt/data"}};
  EXPECT_EQ(ended(create(asked)).secondary_status, "MaxRuntimeExceeded");
}

TEST_F(Jobs, StopWhileTrainingKeepsTheModel) {
  auto job = create(spec());
  auto worker = worker_of(job);
  when("Training");
  worker->write_file("model/checkpoint", "c");
  ASSERT_TRUE(jobs->stop(job.id));
  EXPECT_EQ(look().status == "Stopping" || look().status == "Stopped", true);
  auto last = ended(job);
  EXPECT_EQ(last.status, "Stopped");
  EXPECT_EQ(last.failure_reason, "");
  EXPECT_EQ(statuses(last), (Words{"Starting", "Downloading", "Training", "Stopping", "Uploading", "Stopped"}));
  EXPECT_EQ(worker->stops, std::vector<std::chrono::milliseconds>{7s});
  EXPECT_EQ(archive("out/job/output/model.tar.gz").count("checkpoint"), 1u);
}

TEST_F(Jobs, ARuntimeLimitStopsTheJob) {
  auto asked = spec();
  asked.max_runtime_seconds = 3;
  auto job = create(asked);
  auto worker = worker_of(job);
  worker->write_file("model/checkpoint", "c");
  auto last = ended(job);
  EXPECT_EQ(last.status, "Stopped");
  EXPECT_EQ(last.secondary_status, "MaxRuntimeExceeded");
  EXPECT_EQ(statuses(last),
            (Words{"Starting", "Downloading", "Training", "Stopping", "Uploading", "MaxRuntimeExceeded"}));
  EXPECT_EQ(archive("out/job/output/model.tar.gz").count("checkpoint"), 1u);
}

TEST_F(Jobs, ARecordThatIsDeletedTakesItsWorkerAlong) {
  auto job = create(spec());
  auto worker = worker_of(job);
  when("Training");
  ASSERT_TRUE(store->write([&](meta::Session& session) { return meta::erase(session, job.id); }));
  worker->succeed();
  EXPECT_TRUE(launcher->wait_until_gone(worker->id()));
}

TEST_F(Jobs, WaitersAreToldOnceOrForgotten) {
  auto job = create(spec());
  auto worker = worker_of(job);
  std::atomic<int> told{0}, forgotten{0};
  auto first = jobs->when_finished(job.id, [&] { ++told; });
  auto second = jobs->when_finished(job.id, [&] { ++forgotten; });
  second.reset();
  worker->succeed();
  ended(job);
  EXPECT_EQ(forgotten, 0);
  auto late = jobs->when_finished(job.id, [&] { ++told; });
  const auto end = std::chrono::steady_clock::now() + 5s;
  while (told < 2 && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(told, 2);
}

TEST_F(Jobs, HugeAndBinaryOutput) {
  auto job = create(spec());
  auto worker = worker_of(job);
  worker->print(std::string(3'000'000, 'z') + "\nacc=0.5\n");
  worker->print(std::string("\x00\xff\xfe bin\n", 8));
  worker->succeed();
  auto last = ended(job);
  EXPECT_EQ(last.status, "Completed");
  EXPECT_EQ(last.final_metrics.at(0).value, 0.5);
}

TEST_F(Jobs, ManyAtOnceAllEnd) {
  launcher->on_start = [](FakeWorker& worker) {
    worker.print("x\n");
    worker.succeed();
  };
  std::vector<TrainingJob> made;
  for (int i = 0; i < 40; ++i) made.push_back(create(spec(), "many-" + std::to_string(i)));
  for (const auto& job : made) EXPECT_EQ(ended(job).status, "Completed");
  EXPECT_EQ(slots.use().used.cpus, 0);
}

TEST_F(Jobs, AClockThatIsSetBackDisturbsNothing) {
  TrainingSpec asked = spec();
  asked.max_runtime_seconds = 3600;
  auto job = create(asked);
  auto worker = worker_of(job);
  when("Training");
  worker->print("before\n");
  while (log(job).empty()) std::this_thread::sleep_for(1ms);
  clock.step = -7200LL * 1'000'000;
  restart();
  worker->print("after\n");
  worker->succeed();
  auto last = ended(job);
  EXPECT_EQ(last.status, "Completed") << last.failure_reason;
  EXPECT_EQ(log(job), (Words{"before", "after"}));
  ASSERT_TRUE(last.started && last.ended);
  EXPECT_GE(*last.ended, *last.started);
  for (std::size_t i = 0; i < last.transitions.size(); ++i) {
    ASSERT_TRUE(last.transitions[i].ended) << i;
    EXPECT_GE(*last.transitions[i].ended, last.transitions[i].started) << i;
  }
}

}  // namespace
}  // namespace clary::jobs
