#include "jobs/training_outputs.hpp"

#include "jobs/test_objects.hpp"

namespace clary::jobs {
namespace {

class Outputs : public ObjectGround {
 protected:
  static TrainingSpec spec_to(const std::string& path) {
    TrainingSpec spec;
    spec.output_path = path;
    return spec;
  }
};

TEST_F(Outputs, OutputsGoWhereAwsPutsThem) {
  const fs::path ml = base / "ml";
  fs::create_directories(ml / "model/sub");
  fs::create_directories(ml / "output/data");
  TrainingSpec spec;
  spec.output_path = "s3://bkt/out/";
  auto none = upload_artifacts(*objects, spec, "job", {ml}, {});
  ASSERT_TRUE(none) << none.error().message;
  EXPECT_EQ(none->model, "s3://bkt/out/job/output/model.tar.gz");
  EXPECT_FALSE(get("out/job/output/model.tar.gz"));
  EXPECT_FALSE(get("out/job/output/output.tar.gz"));

  std::ofstream(ml / "model/m.joblib") << "model";
  std::ofstream(ml / "model/sub/x") << "x";
  std::ofstream(ml / "output/data/p.csv") << "p";
  std::ofstream(ml / "output/failure") << "f";
  fs::create_symlink("/etc/shadow", ml / "model/leak");
  auto done = upload_artifacts(*objects, spec, "job", {ml}, {});
  ASSERT_TRUE(done);
  EXPECT_EQ(done->left_out, std::vector<std::string>{"leak"});
  EXPECT_EQ(archive("out/job/output/model.tar.gz"),
            (std::map<std::string, std::string>{{"m.joblib", "model"}, {"sub/x", "x"}}));
  EXPECT_EQ(archive("out/job/output/output.tar.gz"),
            (std::map<std::string, std::string>{{"data/p.csv", "p"}, {"failure", "f"}}));

  spec.output_compression = "NONE";
  auto loose = upload_artifacts(*objects, spec, "loose", {ml}, {});
  ASSERT_TRUE(loose);
  EXPECT_EQ(loose->model, "s3://bkt/out/loose/output/model/");
  EXPECT_EQ(get("out/loose/output/model/sub/x"), "x");
  EXPECT_EQ(get("out/loose/output/data/p.csv"), "p");
  EXPECT_FALSE(get("out/loose/output/model/leak"));

  spec.output_path = "s3://nobucket/x";
  auto failed = upload_artifacts(*objects, spec, "job", {ml}, {});
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("Artifact upload failed"), std::string::npos);
}

TEST_F(Outputs, AModelFolderThatIsALinkIsNotFollowed) {
  const fs::path ml = base / "ml2";
  fs::create_directories(ml / "output");
  fs::create_directories(base / "secret");
  std::ofstream(base / "secret/key") << "k";
  fs::create_directory_symlink(base / "secret", ml / "model");
  TrainingSpec spec;
  spec.output_path = "s3://bkt/out";
  auto done = upload_artifacts(*objects, spec, "job", {ml}, {});
  EXPECT_FALSE(get("out/job/output/model.tar.gz"));
}

TEST_F(Outputs, HostsAreMergedAndTheFirstOnesFilesCount) {
  const fs::path one = base / "one", two = base / "two", three = base / "three";
  write(one / "model/weights", "first");
  write(one / "model/shards/0", "0");
  write(two / "model/weights", "second");
  write(two / "model/shards/1", "1");
  write(two / "model/only/two", "2");
  fs::create_directories(three / "model");  // left nothing
  write(two / "output/data/log", "l");
  const std::vector<std::string> mls{one, two, three};
  auto done = upload_artifacts(*objects, spec_to("s3://bkt/out"), "job", mls, {});
  ASSERT_TRUE(done) << done.error().message;
  const std::map<std::string, std::string> merged{
      {"weights", "first"}, {"shards/0", "0"}, {"shards/1", "1"}, {"only/two", "2"}};
  EXPECT_EQ(archive("out/job/output/model.tar.gz"), merged);
  EXPECT_EQ(archive("out/job/output/output.tar.gz"), (std::map<std::string, std::string>{{"data/log", "l"}}));

  auto reversed = upload_artifacts(*objects, spec_to("s3://bkt/out"), "job", {mls[1], mls[0]}, {});
  ASSERT_TRUE(reversed);
  EXPECT_EQ(archive("out/job/output/model.tar.gz")["weights"], "second");

  TrainingSpec loose = spec_to("s3://bkt/loose");
  loose.output_compression = "NONE";
  ASSERT_TRUE(upload_artifacts(*objects, loose, "job", mls, {}));
  EXPECT_EQ(get("loose/job/output/model/weights"), "first");
  EXPECT_EQ(get("loose/job/output/model/only/two"), "2");
}

TEST_F(Outputs, WhereOneHostHasAFileAndAnotherAFolderTheFirstCounts) {
  write(base / "one/model/x", "file");
  write(base / "two/model/x/inside", "folder");
  ASSERT_TRUE(upload_artifacts(*objects, spec_to("s3://bkt/out"), "a", {base / "one", base / "two"}, {}));
  EXPECT_EQ(archive("out/a/output/model.tar.gz"), (std::map<std::string, std::string>{{"x", "file"}}));
  ASSERT_TRUE(upload_artifacts(*objects, spec_to("s3://bkt/out"), "b", {base / "two", base / "one"}, {}));
  EXPECT_EQ(archive("out/b/output/model.tar.gz"), (std::map<std::string, std::string>{{"x/inside", "folder"}}));
}

TEST_F(Outputs, WhatCannotBeUploadedKeepsNothingElseFromIt) {
  write(base / "ml/model" / std::string(100, 'm'), "too long a name");
  write(base / "ml/model/z", "z");
  write(base / "ml/output/data/log", "l");
  TrainingSpec spec = spec_to("s3://bkt/" + std::string(920, 'k'));
  spec.output_compression = "NONE";
  auto done = upload_artifacts(*objects, spec, "job", {base / "ml"}, {});
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("longer than 1024 bytes"), std::string::npos) << done.error().message;
  const std::string folder = std::string(920, 'k') + "/job/output/";
  EXPECT_EQ(get(folder + "model/z"), "z");
  EXPECT_EQ(get(folder + "data/log"), "l");
}

TEST_F(Outputs, AnUploadThatIsGivenUpLeavesNothing) {
  write(base / "ml/model/m", std::string(3 << 20, 'm'));
  auto done = upload_artifacts(*objects, spec_to("s3://bkt/out"), "job", {base / "ml"}, [] { return true; });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::timed_out);
  EXPECT_FALSE(get("out/job/output/model.tar.gz"));
}

}  // namespace
}  // namespace clary::jobs
