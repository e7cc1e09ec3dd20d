#include "jobs/processing_outputs.hpp"

#include "jobs/processing_companion.hpp"
#include "jobs/processing_inputs.hpp"
#include "jobs/test_ground.hpp"

namespace clary::jobs {
namespace {

class ProcessingOutputsTest : public Ground {
 protected:
  void write(const std::string& path, const std::string& text) {
    fs::create_directories((ml() / path).parent_path());
    std::ofstream(ml() / path) << text;
  }
  // As if it had been written a while ago, so that the next look need not take it for unsettled.
  static void settle() { std::this_thread::sleep_for(1100ms); }
  static ProcessingOutput output(const std::string& name, const std::string& mode = "EndOfJob") {
    return {.name = name,
            .s3_uri = "s3://bkt/out/" + name,
            .local_path = "/opt/ml/processing/" + name,
            .upload_mode = mode};
  }
  ProcessingOutputs open(std::vector<ProcessingOutput> outputs) { return {*objects, std::move(outputs), ml()}; }
  std::string failure(std::vector<ProcessingOutput> outputs) {
    auto done = open(std::move(outputs)).upload_all({});
    return done ? "" : done.error().message;
  }
  std::optional<Time> stored(const std::string& key) {
    auto object = objects->stat("bkt", key);
    return object ? std::optional(object->modified) : std::nullopt;
  }
  fs::path ml() { return base / "ml"; }
};

TEST_F(ProcessingOutputsTest, EachFileIsAnObject) {
  write("processing/train/part-0.csv", "1,2\n");
  write("processing/train/deep/er.csv", "3\n");
  write("processing/test/t.csv", "4\n");
  write("processing/other/no.csv", "x");
  ASSERT_EQ(failure({output("train"), output("test")}), "");
  EXPECT_EQ(get("out/train/part-0.csv"), "1,2\n");
  EXPECT_EQ(get("out/train/deep/er.csv"), "3\n");
  EXPECT_EQ(get("out/test/t.csv"), "4\n");
  EXPECT_FALSE(get("out/other/no.csv"));
}

TEST_F(ProcessingOutputsTest, ManyMayGoToOnePrefix) {
  write("processing/a/x", "a");
  write("processing/b/y", "b");
  auto a = output("a"), b = output("b");
  a.s3_uri = b.s3_uri = "s3://bkt/one/";
  ASSERT_EQ(failure({a, b}), "");
  EXPECT_EQ(get("one/x"), "a");
  EXPECT_EQ(get("one/y"), "b");
}

TEST_F(ProcessingOutputsTest, WhatIsNotThereOrTheApplicationsOwnGivesNothing) {
  fs::create_directories(ml());
  write("processing/app/x", "a");
  auto app = output("app");
  app.app_managed = true;
  ASSERT_EQ(failure({output("gone"), app}), "");
  EXPECT_FALSE(get("out/app/x"));
}

TEST_F(ProcessingOutputsTest, NoLinkIsFollowed) {
  std::ofstream(base / "secret") << "secret";
  fs::create_directories(base / "outside");
  std::ofstream(base / "outside/secret") << "secret";
  write("processing/out/mine", "mine");
  fs::create_symlink(base / "secret", ml() / "processing/out/link");
  fs::create_directory_symlink(base / "outside", ml() / "processing/out/folder");
  fs::create_directory_symlink(base / "outside", ml() / "processing/whole");
  fs::create_directories(base / "elsewhere/below");
  std::ofstream(base / "elsewhere/below/secret") << "secret";
  fs::create_directory_symlink(base / "elsewhere", ml() / "processing/upper");
  auto below = output("below");
  below.local_path = "/opt/ml/processing/upper/below";
  auto outputs = open({output("out"), output("whole"), below});
  ASSERT_TRUE(outputs.upload_all({}));
  EXPECT_EQ(get("out/out/mine"), "mine");
  EXPECT_EQ(outputs.left_out(), (std::vector<std::string>{"folder", "link"}));
  auto page = objects->list("bkt", "out/", "", "", 100);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->objects.size(), 1u);
}

TEST_F(ProcessingOutputsTest, ANameThatNoKeyCanHaveIsLeftOut) {
  write("processing/out/caf\xe9", "x");
  write("processing/out/café", "y");
  auto outputs = open({output("out")});
  ASSERT_TRUE(outputs.upload_all({}));
  EXPECT_EQ(get("out/out/café"), "y");
  EXPECT_EQ(outputs.left_out(), (std::vector<std::string>{"caf\uFFFD"}));
}

TEST_F(ProcessingOutputsTest, AContinuousOneIsBroughtUpToDate) {
  write("processing/c/one", "1");
  write("processing/e/end", "e");
  settle();
  auto outputs = open({output("c", "Continuous"), output("e")});
  EXPECT_TRUE(outputs.any_continuous());
  ASSERT_TRUE(outputs.upload_changes({}));
  EXPECT_EQ(get("out/c/one"), "1");
  EXPECT_FALSE(get("out/e/end")) << "not before the end";
  const auto first = stored("out/c/one");

  write("processing/c/two", "2");
  ASSERT_TRUE(outputs.upload_changes({}));
  EXPECT_EQ(get("out/c/two"), "2");
  EXPECT_EQ(stored("out/c/one"), first) << "what has not changed is not put again";

  write("processing/c/one", "3");
  write("processing/c/two", "4");
  ASSERT_TRUE(outputs.upload_changes({}));
  EXPECT_EQ(get("out/c/one"), "3");
  EXPECT_EQ(get("out/c/two"), "4") << "of the same length, and only just written";

  ASSERT_TRUE(outputs.upload_all({}));
  EXPECT_EQ(get("out/e/end"), "e");
}

TEST_F(ProcessingOutputsTest, AThreadKeepsContinuousOnesUpToDate) {
  write("processing/c/one", "1");
  auto outputs = std::make_shared<ProcessingOutputs>(open({output("c", "Continuous")}));
  ContinuousOutputs companion(outputs, "job", 5ms);
  auto appears = [&](const std::string& key, const std::string& text) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (get(key) != text && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
    return get(key) == text;
  };
  EXPECT_TRUE(appears("out/c/one", "1"));
  write("processing/c/two", "2");
  EXPECT_TRUE(appears("out/c/two", "2"));
  ASSERT_TRUE(companion.finish({}));
  write("processing/c/last", "3");
  ASSERT_TRUE(outputs->upload_all({}));
  EXPECT_EQ(get("out/c/last"), "3");
}

TEST_F(ProcessingOutputsTest, AThreadThatIsLetGoEnds) {
  write("processing/c/one", "1");
  const auto begun = std::chrono::steady_clock::now();
  { ContinuousOutputs companion(std::make_shared<ProcessingOutputs>(open({output("c", "Continuous")})), "job", 60s); }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
}

TEST_F(ProcessingOutputsTest, AnErrorNamesTheOutput) {
  write("processing/a/x", "a");
  auto lost = output("a");
  lost.s3_uri = "s3://no-such-bucket/p";
  EXPECT_NE(failure({lost}).find("Failed to upload the processing output \"a\""), std::string::npos) << failure({lost});
  auto deep = output("a");
  deep.s3_uri = "s3://bkt/" + std::string(1023, 'k');
  EXPECT_NE(failure({deep}).find("longer than 1024 bytes"), std::string::npos) << failure({deep});
  auto done = open({output("a")}).upload_all([] { return true; });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::timed_out);
}

TEST_F(ProcessingOutputsTest, WhatCannotBeUploadedKeepsNothingElseFromIt) {
  write("processing/a/x", "a");
  write("processing/b/y", "b");
  auto lost = output("a");
  lost.s3_uri = "s3://no-such-bucket/p";
  EXPECT_NE(failure({lost, output("b")}).find("\"a\""), std::string::npos);
  EXPECT_EQ(get("out/b/y"), "b");

  write("processing/c/1/" + std::string(30, 'k'), "too long");
  write("processing/c/2", "2");
  auto deep = output("c");
  deep.s3_uri = "s3://bkt/" + std::string(1000, 'k');
  EXPECT_NE(failure({deep}).find("longer than 1024 bytes"), std::string::npos);
  EXPECT_EQ(get(std::string(1000, 'k') + "/2"), "2");
}

TEST_F(ProcessingOutputsTest, WhatMayHaveChangedDuringItsUploadIsUploadedAgain) {
  write("processing/c/one", "1");
  auto outputs = open({output("c", "Continuous")});
  const auto slow = [] {
    settle();  // the upload takes longer than a file takes to be settled
    return false;
  };
  ASSERT_TRUE(outputs.upload_changes(slow));
  const auto first = stored("out/c/one");
  ASSERT_TRUE(first);
  ASSERT_TRUE(outputs.upload_changes({}));
  EXPECT_NE(stored("out/c/one"), first);
}

TEST_F(ProcessingOutputsTest, BucketsAreAskedForBeforehand) {
  ProcessingSpec spec;
  spec.outputs = {output("a")};
  EXPECT_TRUE(check_processing_outputs(*objects, scope, spec));
  for (const char* bucket : {"s3://no-such-bucket/p", "s3://foreign/p"}) {
    spec.outputs[0].s3_uri = bucket;
    auto checked = check_processing_outputs(*objects, scope, spec);
    ASSERT_FALSE(checked);
    EXPECT_NE(checked.error().message.find(bucket), std::string::npos) << checked.error().message;
  }
}

class ProcessingIntake : public ProcessingOutputsTest {
 protected:
  void SetUp() override { fs::create_directories(ml()); }
  std::string text(const std::string& path) {
    std::ifstream file(ml() / path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  Intake intake{.objects = *objects, .scope = scope, .role_arn = "r", .owner = std::nullopt, .room = 1 << 20};
};

TEST_F(ProcessingIntake, InputsAreLaidOutWhereTheRequestSays) {
  put("code/run.py", "print(1)");
  put("data/a.csv", "a");
  put("data/deep/b.csv", "b");
  ProcessingSpec spec;
  spec.inputs = {
      {.name = "data", .s3_uri = "s3://bkt/data", .local_path = "/opt/ml/processing/input"},
      {.name = "code", .s3_uri = "s3://bkt/code/run.py", .local_path = "/opt/ml/processing/input/code"},
      {.name = "app", .s3_uri = "s3://bkt/none", .local_path = "/opt/ml/processing/app", .app_managed = true}};
  spec.outputs = {output("train")};
  ASSERT_TRUE(make_processing_folders(spec, ml(), std::nullopt));
  auto fetched = fetch_processing_inputs(intake, spec, ml());
  ASSERT_TRUE(fetched) << fetched.error().message;
  EXPECT_EQ(text("processing/input/a.csv"), "a");
  EXPECT_EQ(text("processing/input/deep/b.csv"), "b");
  EXPECT_EQ(text("processing/input/code/run.py"), "print(1)");
  for (const char* folder : {"processing/train", "processing/app", "output", "config", "code"})
    EXPECT_TRUE(fs::is_directory(ml() / folder)) << folder;
}

TEST_F(ProcessingIntake, HostsShareWhatIsSharded) {
  for (int i = 0; i < 5; ++i) put(fmt::format("data/{}", i), "x");
  ProcessingSpec spec;
  spec.inputs = {{.name = "data",
                  .s3_uri = "s3://bkt/data/",
                  .local_path = "/opt/ml/processing/input",
                  .distribution = "ShardedByS3Key"}};
  std::size_t all = 0;
  for (std::size_t host = 0; host < 2; ++host) {
    fs::remove_all(ml() / "processing");
    ASSERT_TRUE(make_processing_folders(spec, ml(), std::nullopt));
    intake.host = host;
    intake.hosts = 2;
    ASSERT_TRUE(fetch_processing_inputs(intake, spec, ml()));
    const auto files = static_cast<std::size_t>(
        std::distance(fs::directory_iterator(ml() / "processing/input"), fs::directory_iterator()));
    EXPECT_GE(files, 2u);
    EXPECT_LE(files, 3u);
    all += files;
  }
  EXPECT_EQ(all, 5u);
}

TEST_F(ProcessingIntake, AMissingInputSaysSo) {
  ProcessingSpec spec;
  spec.inputs = {{.name = "data", .s3_uri = "s3://bkt/none", .local_path = "/opt/ml/processing/input"}};
  ASSERT_TRUE(make_processing_folders(spec, ml(), std::nullopt));
  auto fetched = fetch_processing_inputs(intake, spec, ml());
  ASSERT_FALSE(fetched);
  EXPECT_NE(fetched.error().message.find("s3://bkt/none"), std::string::npos) << fetched.error().message;
}

}  // namespace
}  // namespace clary::jobs
