#include "models/model_worker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clary::models {
namespace {

using testing::ElementsAre;

struct ModelWorkerTest : testing::Test {
  ModelWorkerTest() {
    environment.folder = "/cache/abc";
    environment.python = "/cache/abc/bin/python";
    environment.mounts = {{"/cache/abc", "/cache/abc", false}};
    environment.version.framework_module = "sklearn";
    environment.version.environment = {{"A", "version"}, {"B", "version"}, {"C", "version"}};
    surroundings.environment = {{"B", "surroundings"}, {"C", "surroundings"}};
    surroundings.mounts = {{"/ca.pem", "/etc/ca.pem", false}};
    container.environment = {{"C", "model"}};
  }
  workers::WorkerSpec make() {
    return model_worker("ep-1-1-x-0", container, environment, folders, surroundings, {"/src/python", "/bin/clary-model-server"}, "eu-west-1");
  }
  ContainerSpec container;
  runtimes::Environment environment;
  workers::Surroundings surroundings;
  ModelFolders folders{"/models/1/model", ""};
};

TEST_F(ModelWorkerTest, RunsTheRuntimesServer) {
  auto spec = make();
  EXPECT_EQ(spec.id, "ep-1-1-x-0");
  EXPECT_THAT(spec.command,
              ElementsAre("/cache/abc/bin/python", "-m", "clary_runtime.serve", "--socket", "/opt/ml/worker.sock"));
  EXPECT_EQ(spec.environment["PYTHONPATH"], "/opt/clary/runtime");
  EXPECT_EQ(spec.environment["CLARY_FRAMEWORK"], "sklearn");
  EXPECT_EQ(spec.environment["SAGEMAKER_REGION"], "eu-west-1");
}

TEST_F(ModelWorkerTest, ARuntimeMayBringItsOwnServer) {
  environment.version.serve_command = {"/opt/own", "--listen=unix:{socket}", "{socket}"};
  EXPECT_THAT(make().command, ElementsAre("/opt/own", "--listen=unix:/opt/ml/worker.sock", "/opt/ml/worker.sock"));
}

TEST_F(ModelWorkerTest, AModelWithoutCodeNeedsNoPython) {
  environment.version.model_server = "lightgbm";
  auto spec = make();
  EXPECT_THAT(spec.command, ElementsAre("/opt/clary/model-server", "--framework", "lightgbm", "--socket", "/opt/ml/worker.sock", "--environment", "/cache/abc"));
  EXPECT_THAT(spec.mounts, testing::Contains(testing::Field(&workers::Mount::source, "/bin/clary-model-server")));
  EXPECT_THAT(spec.mounts, testing::Not(testing::Contains(testing::Field(&workers::Mount::source, "/src/python"))));
  for (const char* name : {"SAGEMAKER_PROGRAM", "SAGEMAKER_SUBMIT_DIRECTORY"}) {
    container.environment = {{name, "x"}};
    EXPECT_EQ(make().command.front(), "/cache/abc/bin/python") << name;
    container.environment = {{name, ""}};  // as the SDKs send it
    EXPECT_EQ(make().command.front(), "/opt/clary/model-server") << name;
  }
}

TEST_F(ModelWorkerTest, TheModelsVariablesWin) {
  container.environment["PYTHONPATH"] = "/opt/ml/model/lib";
  auto spec = make();
  EXPECT_EQ(spec.environment["A"], "version");
  EXPECT_EQ(spec.environment["B"], "surroundings");
  EXPECT_EQ(spec.environment["C"], "model");
  EXPECT_EQ(spec.environment["PYTHONPATH"], "/opt/clary/runtime:/opt/ml/model/lib");
}

TEST_F(ModelWorkerTest, FilesAreMountedReadOnly) {
  for (const auto& mount : make().mounts) EXPECT_FALSE(mount.writable) << mount.target;
  EXPECT_EQ(make().mounts.back().target, "/opt/ml/model");
  EXPECT_EQ(make().mounts.back().source, "/models/1/model");
}

TEST_F(ModelWorkerTest, CodeOfItsOwnArchiveGoesToOptMlCode) {
  container.environment["SAGEMAKER_SUBMIT_DIRECTORY"] = "s3://b/sourcedir.tar.gz";
  EXPECT_EQ(code_url(container), "s3://b/sourcedir.tar.gz");
  folders.code = "/models/1/code";
  auto spec = make();
  EXPECT_EQ(spec.mounts.back().target, "/opt/ml/code");
  EXPECT_EQ(spec.environment["SAGEMAKER_SUBMIT_DIRECTORY"], "/opt/ml/code");

  container.environment["SAGEMAKER_SUBMIT_DIRECTORY"] = "/opt/ml/model/code";
  EXPECT_EQ(code_url(container), "");
  folders.code = "";
  EXPECT_EQ(make().environment["SAGEMAKER_SUBMIT_DIRECTORY"], "/opt/ml/model/code");
}

TEST_F(ModelWorkerTest, AForeignImageServesAtItsPortWithWhatIsItsOwn) {
  environment = {};
  environment.container = workers::ContainerImage{"mine:1", "sha256:beef", {"/entry"}, {"default"}, "app"};
  auto spec = make();
  EXPECT_EQ(spec.image, "sha256:beef");
  EXPECT_EQ(spec.image_user, "app");
  EXPECT_THAT(spec.command, ElementsAre("/entry", "serve"));
  EXPECT_EQ(spec.serve_port, 8080);
  EXPECT_EQ(spec.serve_socket, "/opt/ml/worker.sock");
  EXPECT_THAT(spec.environment,
              testing::UnorderedElementsAre(testing::Pair("B", "surroundings"), testing::Pair("C", "model")));
  EXPECT_EQ(spec.mounts.size(), 2u);
}

}  // namespace
}  // namespace clary::models
