#include "serving/endpoints.hpp"

#include <gmock/gmock.h>

#include "serving/test_ground.hpp"

namespace clary::serving {
namespace {

using testing::Contains;
using testing::HasSubstr;

struct EndpointsTest : Ground {
  EndpointsTest() { start_server(); }
};

TEST_F(EndpointsTest, ComesIntoServiceAndAnswers) {
  auto made = create("e", {variant()});
  EXPECT_EQ(made.status, "Creating");
  EXPECT_EQ(made.arn, "arn:aws:sagemaker:us-east-1:000000000000:endpoint/e");
  auto endpoint = settled(made);
  EXPECT_EQ(endpoint.status, "InService");
  EXPECT_EQ(endpoint.config_name, "e-config");
  ASSERT_EQ(endpoint.variants.size(), 1u);
  EXPECT_EQ(endpoint.variants[0].current_count, 1);
  auto answer = invoke("e", "1,2,3");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "1,2,3");
  EXPECT_EQ(answer->variant, "AllTraffic");
  EXPECT_EQ(answer->content_type, "application/x-echo");
  EXPECT_EQ(answer->custom_attributes, fmt::format("ep-{}-1-AllTraffic-0", endpoint.id));
}

TEST_F(EndpointsTest, WhoReadsInServiceMayInvokeAtOnce) {
  for (int i = 0; i < 50; ++i) {
    auto endpoint = create(fmt::format("e{}", i), {variant()});
    wait_for_status(endpoint, "InService");
    auto answer = invoke(endpoint.name, "x");
    EXPECT_TRUE(answer) << answer.error().message;
    ASSERT_TRUE(endpoints->remove(endpoint.id));
    EXPECT_EQ(settled(endpoint).id, 0);
  }
}

TEST_F(EndpointsTest, AChangeRightAfterAnotherHasAnEndOfItsOwn) {
  for (int i = 0; i < 50; ++i) {
    auto endpoint = create(fmt::format("e{}", i), {variant("exit")});
    wait_for_status(endpoint, "Failed");
    ASSERT_TRUE(endpoints->remove(endpoint.id));
    EXPECT_EQ(settled(endpoint).id, 0);
  }
}

TEST_F(EndpointsTest, TheWorkerGetsTheUnpackedModelAndTheContract) {
  auto endpoint = deploy("e", {variant()});
  auto worker = launcher->worker(fmt::format("ep-{}-1-AllTraffic-0", endpoint.id));
  ASSERT_TRUE(worker);
  EXPECT_EQ(worker->spec.command[2], "clary_runtime.serve");
  const auto& mount = worker->spec.mounts.back();
  EXPECT_EQ(mount.target, "/opt/ml/model");
  std::ifstream file(mount.source + "/model.bin");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "weights");
  auto head = invoke("e", "head");
  ASSERT_TRUE(head);
  EXPECT_THAT(head->body, HasSubstr("POST /invocations HTTP/1.1\r\n"));
  EXPECT_THAT(head->body, HasSubstr("Content-Type: text/csv\r\n"));
  EXPECT_THAT(head->body, HasSubstr("Accept: application/json\r\n"));
  EXPECT_THAT(head->body, HasSubstr("X-Amzn-SageMaker-Custom-Attributes: trace=1\r\n"));
}

TEST_F(EndpointsTest, ObjectsBelowAPrefixAreAModelAsTheyAre) {
  put("loose/code/inference.py", "print()");
  put("loose/weights.bin", "loose weights");
  put("loose/", "");
  put("looser.bin", "another's");
  auto prefix = variant();
  prefix.container.model_data_url = "s3://bkt/loose";
  prefix.container.model_data_form = models::ModelDataForm::prefix;
  auto endpoint = deploy("e", {prefix});
  ASSERT_EQ(endpoint.status, "InService") << endpoint.failure_reason;
  const std::filesystem::path folder =
      launcher->worker(fmt::format("ep-{}-1-AllTraffic-0", endpoint.id))->spec.mounts.back().source;
  EXPECT_EQ(*io::read_file((folder / "weights.bin").string()), "loose weights");
  EXPECT_EQ(*io::read_file((folder / "code/inference.py").string()), "print()");
  EXPECT_FALSE(std::filesystem::exists(folder / "looser.bin"));

  auto single = variant();
  single.container.model_data_url = "s3://bkt/loose/weights.bin";
  single.container.model_data_form = models::ModelDataForm::object;
  endpoint = deploy("f", {single});
  ASSERT_EQ(endpoint.status, "InService") << endpoint.failure_reason;
  EXPECT_EQ(
      *io::read_file(launcher->worker(fmt::format("ep-{}-1-AllTraffic-0", endpoint.id))->spec.mounts.back().source +
                     "/weights.bin"),
      "loose weights");
}

TEST_F(EndpointsTest, APrefixOfNothingOrWithUnsafeNamesFailsTheEndpoint) {
  auto prefix = variant();
  prefix.container.model_data_url = "s3://bkt/nothing/";
  prefix.container.model_data_form = models::ModelDataForm::prefix;
  auto endpoint = deploy("e", {prefix});
  EXPECT_EQ(endpoint.status, "Failed");
  EXPECT_THAT(endpoint.failure_reason, HasSubstr("no object below the prefix"));
  put("unsafe/../../escaped", "x");
  prefix.container.model_data_url = "s3://bkt/unsafe/";
  endpoint = deploy("f", {prefix});
  EXPECT_EQ(endpoint.status, "Failed");
  EXPECT_THAT(endpoint.failure_reason, HasSubstr("Failed to download model data"));
}

TEST_F(EndpointsTest, WhatCannotBeIsRefusedAtOnce) {
  auto unknown = variant();
  unknown.container.image = "nobody/nothing:1";
  auto made = endpoints->create(scope, "e", "c", {unknown}, "{}", {});
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().kind, ErrorKind::internal);
  auto type = variant();
  type.instance_type = "ml.nonsense";
  EXPECT_FALSE(endpoints->create(scope, "e", "c", {type}, "{}", {}));
  EXPECT_FALSE(endpoints->create(scope, "e", "c", {}, "{}", {}));
  EXPECT_FALSE(endpoints->create(scope, "e", "c", {variant(), variant()}, "{}", {}));
  EXPECT_FALSE(endpoints->create(scope, "e", "c", {variant("", 0)}, "{}", {}));
  auto found = endpoints->find(scope, "e");
  ASSERT_TRUE(found);
  EXPECT_FALSE(*found);

  deploy("e", {variant()});
  auto again = endpoints->create(scope, "e", "c", {variant()}, "{}", {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::already_exists);
}

TEST_F(EndpointsTest, AModelThatExitsFailsTheEndpointWithItsLastWords) {
  auto endpoint = deploy("e", {variant("exit")});
  EXPECT_EQ(endpoint.status, "Failed");
  EXPECT_THAT(
      endpoint.failure_reason,
      HasSubstr(
          "The primary container for production variant AllTraffic did not pass the ping health check. Please check "
          "CloudWatch logs for this endpoint."));
  EXPECT_THAT(endpoint.failure_reason, HasSubstr("exited with code 3"));
  EXPECT_THAT(endpoint.failure_reason, HasSubstr("ImportError: no module named nonsense"));
  EXPECT_LE(endpoint.failure_reason.size(), 1024u);
  EXPECT_THAT(log_of("e"), Contains("ImportError: no module named nonsense"));
  EXPECT_TRUE(launcher->ids().empty());
  EXPECT_EQ(invoke("e", "x").error().code, "ValidationError");
  EXPECT_TRUE(endpoints->remove(endpoint.id));
  EXPECT_EQ(settled(endpoint).id, 0);
}

TEST_F(EndpointsTest, AModelThatNeverAnswersFailsAtItsTimeout) {
  for (const char* how : {"silent", "deaf"}) {
    auto slow = variant(how);
    slow.startup_timeout_seconds = 1;
    auto endpoint = deploy(how, {slow});
    EXPECT_EQ(endpoint.status, "Failed");
    EXPECT_THAT(endpoint.failure_reason, HasSubstr("did not pass the ping health check"));
    EXPECT_TRUE(launcher->ids().empty());
  }
}

TEST_F(EndpointsTest, MissingOrBrokenModelDataFailsWithThatReason) {
  auto missing = variant();
  missing.container.model_data_url = "s3://bkt/nothing.tar.gz";
  auto endpoint = deploy("missing", {missing});
  EXPECT_EQ(endpoint.status, "Failed");
  EXPECT_THAT(
      endpoint.failure_reason,
      HasSubstr("Failed to download model data for container \"primary\" from URL: \"s3://bkt/nothing.tar.gz\""));
  put("broken.tar.gz", "this is no archive");
  auto broken = variant();
  broken.container.model_data_url = "s3://bkt/broken.tar.gz";
  endpoint = deploy("broken", {broken});
  EXPECT_EQ(endpoint.status, "Failed");
  EXPECT_THAT(endpoint.failure_reason, HasSubstr("cannot be unpacked"));
  EXPECT_EQ(launcher->starts, 0);
}

TEST_F(EndpointsTest, AnEnvironmentThatCannotBeMadeFailsTheEndpoint) {
  environments.failure = "the package registry cannot be reached";
  auto endpoint = deploy("e", {variant()});
  EXPECT_EQ(endpoint.status, "Failed");
  EXPECT_THAT(endpoint.failure_reason, HasSubstr("the package registry cannot be reached"));
}

TEST_F(EndpointsTest, ALauncherThatRefusesFailsTheEndpoint) {
  launcher->refuse = true;
  auto endpoint = deploy("e", {variant()});
  EXPECT_EQ(endpoint.status, "Failed");
  EXPECT_THAT(endpoint.failure_reason, HasSubstr("no process could be made"));
}

TEST_F(EndpointsTest, UpdateMovesTrafficToNewReplicasAndEndsTheOld) {
  auto endpoint = deploy("e", {variant()});
  auto next = variant();
  next.container.environment["VERSION"] = "2";
  ASSERT_TRUE(endpoints->update(endpoint.id, "second", {next}));
  EXPECT_FALSE(endpoints->update(endpoint.id, "third", {next}));  // one change at a time
  endpoint = settled(endpoint);
  EXPECT_EQ(endpoint.status, "InService");
  EXPECT_EQ(endpoint.config_name, "second");
  EXPECT_EQ(invoke("e", "x")->custom_attributes, fmt::format("ep-{}-2-AllTraffic-0", endpoint.id));
  EXPECT_TRUE(eventually(
      [&] { return launcher->ids() == std::vector<std::string>{fmt::format("ep-{}-2-AllTraffic-0", endpoint.id)}; }));
  EXPECT_TRUE(eventually([&] { return !fs::exists(base / fmt::format("endpoints/{}-1", endpoint.id)); }));
}

TEST_F(EndpointsTest, AnUpdateLosesNoInvocation) {
  auto endpoint = deploy("e", {variant("", 2)});
  std::atomic<bool> stop{false};
  std::atomic<int> answered{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      while (!stop) {
        auto answer = invoke("e", "x");
        ASSERT_TRUE(answer) << answer.error().message;
        ++answered;
      }
    });
  }
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(endpoints->update(endpoint.id, fmt::format("c{}", round), {variant("", 2)}));
    EXPECT_EQ(settled(endpoint).status, "InService");
    EXPECT_TRUE(eventually([&] { return launcher->ids().size() == 2; }));
  }
  stop = true;
  for (auto& client : clients) client.join();
  EXPECT_GT(answered, 0);
}

TEST_F(EndpointsTest, AFailedUpdateLeavesTheOldReplicasServing) {
  auto endpoint = deploy("e", {variant()});
  ASSERT_TRUE(endpoints->update(endpoint.id, "bad", {variant("exit")}));
  endpoint = settled(endpoint);
  EXPECT_EQ(endpoint.status, "InService");
  EXPECT_EQ(endpoint.config_name, "e-config");
  EXPECT_THAT(endpoint.failure_reason, HasSubstr("did not pass the ping health check"));
  EXPECT_EQ(invoke("e", "x")->custom_attributes, fmt::format("ep-{}-1-AllTraffic-0", endpoint.id));
  EXPECT_EQ(launcher->ids().size(), 1u);

  ASSERT_TRUE(endpoints->update(endpoint.id, "good", {variant()}));
  endpoint = settled(endpoint);
  EXPECT_EQ(endpoint.config_name, "good");
  EXPECT_EQ(endpoint.failure_reason, "");
}

TEST_F(EndpointsTest, DeletionLeavesNothing) {
  auto endpoint = deploy("e", {variant("", 3)});
  EXPECT_EQ(launcher->ids().size(), 3u);
  ASSERT_TRUE(endpoints->remove(endpoint.id));
  EXPECT_EQ(settled(endpoint).id, 0);
  EXPECT_TRUE(launcher->ids().empty());
  EXPECT_EQ(slots.use().used.memory, 0u);
  EXPECT_TRUE(eventually([&] { return fs::is_empty(base / "endpoints"); }));
  EXPECT_EQ(invoke("e", "x").error().message, "Endpoint e of account 000000000000 not found.");
  EXPECT_EQ(deploy("e", {variant()}).status, "InService");  // the name is free again
}

TEST_F(EndpointsTest, AnEndpointThatIsStillBeingMadeCanBeDeleted) {
  environments.held = true;
  auto waiting = create("waiting", {variant()});
  ASSERT_TRUE(endpoints->remove(waiting.id));
  EXPECT_EQ(settled(waiting).id, 0);
  environments.release();
  auto silent = create("silent", {variant("silent")});
  ASSERT_TRUE(eventually([&] { return launcher->ids().size() == 1; }));
  ASSERT_TRUE(endpoints->remove(silent.id));
  EXPECT_FALSE(endpoints->remove(silent.id));
  EXPECT_EQ(settled(silent).id, 0);
  EXPECT_TRUE(launcher->ids().empty());
}

TEST_F(EndpointsTest, AReplicaThatDiesIsStartedAgain) {
  auto endpoint = deploy("e", {variant()});
  auto first = launcher->worker(fmt::format("ep-{}-1-AllTraffic-0", endpoint.id));
  first->kill();
  EXPECT_TRUE(
      eventually([&] { return launcher->worker(fmt::format("ep-{}-1-AllTraffic-0.1", endpoint.id)) != nullptr; }));
  EXPECT_TRUE(eventually([&] { return invoke("e", "x").ok(); }));
  EXPECT_EQ(launcher->ids().size(), 1u);
  EXPECT_EQ(settled(endpoint).status, "InService");
  // Both lives wrote to one stream, as an instance of AWS's does.
  auto streams = logs->streams(scope, "/aws/sagemaker/Endpoints/e", "", false, false, "", 10);
  ASSERT_TRUE(streams);
  ASSERT_EQ(streams->streams.size(), 1u);
  EXPECT_TRUE(eventually([&] { return log_of("e").size() == 2; }));
}

TEST_F(EndpointsTest, WhileNoReplicaLivesInvocationsSaySo) {
  auto endpoint = deploy("e", {variant()});
  launcher->refuse = true;
  launcher->worker(fmt::format("ep-{}-1-AllTraffic-0", endpoint.id))->kill();
  EXPECT_TRUE(eventually([&] { return invoke("e", "x").error().code == "ModelNotReadyException"; }));
  launcher->refuse = false;
  EXPECT_TRUE(eventually([&] { return invoke("e", "x").ok(); }));
}

TEST_F(EndpointsTest, ASocketThatNobodyListensOnAnyMoreEndsTheWorker) {
  auto endpoint = deploy("e", {variant()});
  auto worker = launcher->worker(fmt::format("ep-{}-1-AllTraffic-0", endpoint.id));
  fs::remove(worker->folder() + "/ml/worker.sock");
  worker->deaf = true;
  // Kept connections still work; the trouble begins with one that times out or breaks.
  EXPECT_FALSE(invoke("e", "garbage"));
  EXPECT_TRUE(eventually([&] { return worker->exit().has_value(); }));
  EXPECT_TRUE(eventually([&] { return invoke("e", "x").ok(); }));
}

TEST_F(EndpointsTest, ANewServerFindsLivingReplicasServing) {
  auto endpoint = deploy("e", {variant("", 2)});
  EXPECT_TRUE(eventually([&] { return log_of("e").size() == 2; }));
  int starts = launcher->starts;
  start_server();
  EXPECT_TRUE(eventually([&] { return invoke("e", "x").ok(); }));
  EXPECT_EQ(launcher->starts, starts);
  launcher->worker(fmt::format("ep-{}-1-AllTraffic-0", endpoint.id))->say("after the restart");
  EXPECT_TRUE(eventually([&] { return log_of("e").size() == 3; }));
  EXPECT_EQ(settled(endpoint).status, "InService");
}

TEST_F(EndpointsTest, ANewServerStartsDeadReplicasAgain) {
  auto endpoint = deploy("e", {variant()});
  endpoints.reset();
  launcher->worker(fmt::format("ep-{}-1-AllTraffic-0", endpoint.id))->kill();
  start_server();
  EXPECT_TRUE(eventually([&] { return invoke("e", "x").ok(); }));
  EXPECT_EQ(launcher->ids(), (std::vector<std::string>{fmt::format("ep-{}-1-AllTraffic-0.1", endpoint.id)}));
  endpoints.reset();
  launcher->remove(fmt::format("ep-{}-1-AllTraffic-0.1", endpoint.id));  // not even a folder is left
  EXPECT_TRUE(objects->erase("bkt", "model.tar.gz", {}));                // and it needs S3 no more
  start_server();
  EXPECT_TRUE(eventually([&] { return invoke("e", "x").ok(); }));
}

TEST_F(EndpointsTest, ANewServerRedoesWhatWasUnderWay) {
  auto updating = deploy("updating", {variant()});
  auto deleting = deploy("deleting", {variant()});
  environments.held = true;
  auto creating = create("creating", {variant()});
  ASSERT_TRUE(endpoints->update(updating.id, "second", {variant()}));
  endpoints.reset();
  environments.release();
  ASSERT_TRUE(store->write([&](meta::Session& session) -> Outcome<void> {
    TRY(auto record, meta::find_by_id(session, deleting.id));
    record->status = "Deleting";
    return meta::update(session, *record);
  }));
  start_server();
  EXPECT_EQ(settled(creating).status, "InService");
  EXPECT_EQ(settled(updating).config_name, "second");
  EXPECT_EQ(settled(deleting).id, 0);
  EXPECT_TRUE(eventually([&] { return launcher->ids().size() == 2; }));
}

TEST_F(EndpointsTest, ANewServerClearsOrphansButNotOthersWorkers) {
  auto endpoint = deploy("e", {variant()});
  endpoints.reset();
  workers::WorkerSpec orphan;
  orphan.id = "ep-999-1-AllTraffic-0";
  ASSERT_TRUE(launcher->start(orphan));
  workers::WorkerSpec job;
  job.id = "job-1-algo-1";
  ASSERT_TRUE(launcher->start(job));
  fs::create_directories(base / "endpoints/999-1/0/model");
  start_server();
  EXPECT_TRUE(eventually([&] { return launcher->ids().size() == 2 && !fs::exists(base / "endpoints/999-1"); }));
  EXPECT_TRUE(launcher->worker("job-1-algo-1"));
  EXPECT_TRUE(eventually([&] { return invoke("e", "x").ok(); }));
}

TEST_F(EndpointsTest, ListsAndTagsAreThoseOfTheRecords) {
  auto made = endpoints->create(scope, "e", "c", {variant()}, R"({"a":1})", {{"k", "v"}});
  ASSERT_TRUE(made);
  settled(*made);
  meta::ListQuery query;
  query.kind = endpoint_kind;
  query.scope = scope;
  auto page = endpoints->list(query);
  ASSERT_TRUE(page);
  ASSERT_EQ(page->records.size(), 1u);
  EXPECT_EQ(Endpoints::from_record(page->records[0]).document, R"({"a":1})");
  auto tags = store->read([&](meta::Session& session) { return meta::tags_of(session, made->arn); });
  EXPECT_EQ(tags->size(), 1u);
}

TEST_F(EndpointsTest, ManyEndpointsAtOnce) {
  std::vector<Endpoint> made;
  for (int i = 0; i < 20; ++i) made.push_back(create(fmt::format("e{}", i), {variant()}));
  for (const auto& endpoint : made) EXPECT_EQ(settled(endpoint).status, "InService");
  for (const auto& endpoint : made) EXPECT_TRUE(endpoints->remove(endpoint.id));
  for (const auto& endpoint : made) EXPECT_EQ(settled(endpoint).id, 0);
  EXPECT_TRUE(launcher->ids().empty());
}

}  // namespace
}  // namespace clary::serving
