#include "jobs/checkpoints.hpp"

#include <sys/stat.h>

#include "jobs/test_objects.hpp"

namespace clary::jobs {
namespace {

constexpr CheckpointOptions quick{20ms, 300ms};

class Checkpoints : public ObjectGround {
 protected:
  Checkpoints() { fs::create_directories(base / "ml"); }

  CheckpointPlace place() { return *checkpoint_place("/opt/ml/checkpoints", base / "ml"); }
  fs::path folder() { return base / "ml/checkpoints"; }
  Outcome<void> restore(const std::string& uri = "s3://bkt/ck") {
    Intake intake{*objects, scope, "role", std::nullopt, 1 << 20};
    return restore_checkpoints(intake, uri, place());
  }
  template <typename Condition>
  static bool wait_until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(2ms);
    }
    return true;
  }
  std::size_t count() { return objects->list("bkt", "", "", "", 1000)->objects.size(); }
};

TEST_F(Checkpoints, AreRestored) {
  put("ck/epoch-1/weights", "w");
  put("ck/state.json", "s");
  put("ck/", "");
  put("ckpt-of-others", "o");  // no folder of ours
  ASSERT_TRUE(restore());
  EXPECT_EQ(text_of(folder() / "epoch-1/weights"), "w");
  EXPECT_EQ(text_of(folder() / "state.json"), "s");
  EXPECT_EQ(std::distance(fs::recursive_directory_iterator(folder()), {}), 3);
}

TEST_F(Checkpoints, NothingToRestoreIsFine) {
  ASSERT_TRUE(restore("s3://bkt/none/"));
  EXPECT_TRUE(fs::is_empty(folder()));
  auto missing = restore("s3://nobucket/x");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("The checkpoints \"s3://nobucket/x\""), std::string::npos);
  EXPECT_FALSE(restore("s3://foreign/x"));
  EXPECT_FALSE(restore("file:///etc"));
}

TEST_F(Checkpoints, HostileKeysStayInside) {
  put("ck/../../escape", "x");
  EXPECT_FALSE(restore());
  EXPECT_FALSE(fs::exists(base / "escape"));
}

TEST_F(Checkpoints, ChangesArePutThereWhileTheJobRuns) {
  ASSERT_TRUE(restore());
  CheckpointSync sync(*objects, "s3://bkt/ck", place(), quick);
  write(folder() / "a/one", "1");
  EXPECT_TRUE(wait_until([&] { return get("ck/a/one") == "1"; }));
  write(folder() / "a/one", "changed");
  EXPECT_TRUE(wait_until([&] { return get("ck/a/one") == "changed"; }));
  // As PyTorch and others save: under another name first.
  write(folder() / "tmp", "two");
  fs::rename(folder() / "tmp", folder() / "two");
  EXPECT_TRUE(wait_until([&] { return get("ck/two") == "two" && !get("ck/tmp"); }));
  ASSERT_TRUE(sync.finish());
  EXPECT_EQ(count(), 2u);
}

TEST_F(Checkpoints, DeletionsAreMirroredButNotOverAnotherHostsWork) {
  put("ck/old", "restored");
  put("ck/shared", "ours");
  ASSERT_TRUE(restore());
  CheckpointSync sync(*objects, "s3://bkt/ck", place(), quick);
  write(folder() / "mark", "m");
  ASSERT_TRUE(wait_until([&] { return get("ck/mark").has_value(); }));  // it has looked, and knows what was restored
  put("ck/elsewhere", "of another host");
  put("ck/shared", "another host's");
  fs::remove(folder() / "old");
  fs::remove(folder() / "shared");
  EXPECT_TRUE(wait_until([&] { return !get("ck/old"); }));
  ASSERT_TRUE(sync.finish());
  EXPECT_EQ(get("ck/shared"), "another host's");
  EXPECT_EQ(get("ck/elsewhere"), "of another host");
  EXPECT_EQ(get("ck/mark"), "m");
}

TEST_F(Checkpoints, AFileIsNotPutThereBeforeItIsWhole) {
  ASSERT_TRUE(restore());
  CheckpointSync sync(*objects, "s3://bkt/ck", place(), {20ms, 60s});
  std::ofstream held(folder() / "held");
  held << "half" << std::flush;
  write(folder() / "whole", "w");
  ASSERT_TRUE(wait_until([&] { return get("ck/whole").has_value(); }));
  write(folder() / "whole", "again");
  ASSERT_TRUE(wait_until([&] { return get("ck/whole") == "again"; }));
  EXPECT_FALSE(get("ck/held"));  // as old as the others, but still open for writing
  held << " and half";
  held.close();
  EXPECT_TRUE(wait_until([&] { return get("ck/held") == "half and half"; }));
}

TEST_F(Checkpoints, AFileThatStaysOpenIsPutThereOnceItIsLeftAlone) {
  ASSERT_TRUE(restore());
  CheckpointSync sync(*objects, "s3://bkt/ck", place(), {20ms, 100ms});
  std::ofstream held(folder() / "events");
  held << "line" << std::flush;
  EXPECT_TRUE(wait_until([&] { return get("ck/events") == "line"; }));
}

TEST_F(Checkpoints, TheLastLookTakesEverything) {
  ASSERT_TRUE(restore());
  CheckpointSync sync(*objects, "s3://bkt/ck", place(), {60s, 60s});
  std::ofstream held(folder() / "held");
  held << "h" << std::flush;
  write(folder() / "x/y", "z");
  write(folder() / "x/y.sagemaker-ignore", "half");
  ASSERT_TRUE(sync.finish());
  EXPECT_EQ(get("ck/held"), "h");
  EXPECT_EQ(get("ck/x/y.sagemaker-ignore"), std::nullopt);
  EXPECT_EQ(get("ck/x/y"), "z");
  ASSERT_TRUE(sync.finish());
}

TEST_F(Checkpoints, ALaterServerGoesOn) {
  put("ck/restored", "r");
  ASSERT_TRUE(restore());
  {
    CheckpointSync sync(*objects, "s3://bkt/ck", place(), quick);
    write(folder() / "first", "1");
    ASSERT_TRUE(wait_until([&] { return get("ck/first") == "1"; }));
  }
  const auto modified = [&](const std::string& key) { return objects->stat("bkt", key)->modified; };
  const Time restored = modified("ck/restored"), first = modified("ck/first");
  write(folder() / "second", "2");
  CheckpointSync sync(*objects, "s3://bkt/ck", place(), quick);
  ASSERT_TRUE(wait_until([&] { return get("ck/second") == "2"; }));
  fs::remove(folder() / "first");
  EXPECT_TRUE(wait_until([&] { return !get("ck/first"); }));
  ASSERT_TRUE(sync.finish());
  EXPECT_EQ(modified("ck/restored"), restored);  // neither was put there again
  (void)first;
}

TEST_F(Checkpoints, LinksAreNotFollowed) {
  ASSERT_TRUE(restore());
  write(base / "secret/key", "k");
  CheckpointSync sync(*objects, "s3://bkt/ck", place(), quick);
  fs::create_symlink(base / "secret/key", folder() / "leak");
  fs::create_directory_symlink(base / "secret", folder() / "folder");
  ::mkfifo((folder() / "pipe").c_str(), 0644);
  write(folder() / "mark", "m");
  ASSERT_TRUE(wait_until([&] { return get("ck/mark").has_value(); }));
  // In the place of the folder itself, or of one above it.
  fs::rename(folder(), base / "ml/away");
  fs::create_directory_symlink(base / "secret", folder());
  EXPECT_FALSE(sync.finish());
  EXPECT_EQ(count(), 1u);
  EXPECT_EQ(get("ck/mark"), "m");  // a folder that is gone deletes nothing
}

TEST_F(Checkpoints, OneThatCannotBePutThereDoesNotKeepTheOthersFromIt) {
  ASSERT_TRUE(restore());
  write(folder() / "not-utf8-\xff", "x");
  write(folder() / std::string(200, 'd') / std::string(200, 'd') / std::string(200, 'd') / std::string(200, 'd') /
            std::string(200, 'd') / std::string(200, 'd'),
        "too long a key");
  write(folder() / "z", "fine");
  CheckpointSync sync(*objects, "s3://bkt/ck", place(), quick);
  EXPECT_TRUE(wait_until([&] { return get("ck/z") == "fine"; }));
  auto done = sync.finish();
  EXPECT_FALSE(done);
}

TEST_F(Checkpoints, CanBeGivenUp) {
  ASSERT_TRUE(restore());
  write(folder() / "x", "x");
  CheckpointSync sync(*objects, "s3://bkt/ck", place(), {60s, 60s});
  auto done = sync.finish([] { return true; });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::timed_out);
}

TEST_F(Checkpoints, WhereLocalPathMayBe) {
  const std::string ml = base / "w/ml";
  const auto inside = checkpoint_place("/opt/ml/checkpoints/deep/", ml);
  ASSERT_TRUE(inside);
  EXPECT_EQ(inside->top, ml);
  EXPECT_EQ(inside->parts, (std::vector<std::string>{"checkpoints", "deep"}));
  EXPECT_FALSE(inside->mount);
  const auto beside = checkpoint_place("/data/ck", ml);
  ASSERT_TRUE(beside);
  ASSERT_TRUE(beside->mount);
  EXPECT_EQ(beside->mount->target, "/data/ck");
  EXPECT_TRUE(beside->mount->writable);
  EXPECT_EQ(beside->mount->source, base / "w/checkpoints");
  for (const char* wrong : {"", "/", "//", "/.", "relative", "/opt/ml", "/opt/ml/", "/opt/ml/model",
                            "/opt/ml/input/data", "/opt/ml/../../etc", "/usr/lib", "/proc", "/tmp", "/opt"}) {
    EXPECT_FALSE(checkpoint_place(wrong, ml)) << wrong;
  }
}

}  // namespace
}  // namespace clary::jobs
