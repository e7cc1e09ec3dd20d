#include "training/checkpoint_files.hpp"

#include <csignal>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/file.hpp"

namespace clary::training {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class WholeFiles : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("clary-whole-files-" + std::to_string(::getpid()));
    fs::create_directories(folder_ / "model");
  }
  void TearDown() override { fs::remove_all(folder_); }

  static std::set<std::string> names_in(const fs::path& folder) {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename());
    return names;
  }

  // Runs it in a process that may write files of one page: for more the kernel kills it, in the middle of its work.
  template <typename Write>
  static void killed_half_way(Write write) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const rlimit page{4096, 4096}, no_dump{0, 0};
      ::setrlimit(RLIMIT_CORE, &no_dump);
      ::setrlimit(RLIMIT_FSIZE, &page);
      std::signal(SIGXFSZ, SIG_DFL);
      write();
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ) << status;
  }

  const std::string large_ = std::string(100'000, 'm');
  fs::path folder_;
};

TEST_F(WholeFiles, HalfAnOutputIsNotAmongWhatIsPackedUp) {
  const std::string path = folder_ / "model/xgboost-model";
  killed_half_way([&] { (void)write_output(path, large_); });
  EXPECT_THAT(names_in(folder_ / "model"), IsEmpty());
  ASSERT_TRUE(write_output(path, large_));
  EXPECT_EQ(*io::read_file(path), large_);
  EXPECT_THAT(names_in(folder_ / "model"), ElementsAre("xgboost-model"));
  EXPECT_THAT(names_in(folder_), ElementsAre("model"));  // nothing is left of the half one either
}

TEST_F(WholeFiles, HalfACheckpointHasANameThatIsNotUploaded) {
  CheckpointFiles files(folder_);
  killed_half_way([&] { (void)files.save(large_, 3); });
  EXPECT_THAT(names_in(folder_), ElementsAre("model", "xgboost-checkpoint.3.sagemaker-ignore"));
  EXPECT_THAT(files.found(), IsEmpty());
  ASSERT_TRUE(files.save(large_, 3));
  EXPECT_THAT(names_in(folder_), ElementsAre("model", "xgboost-checkpoint.3"));
}

TEST_F(WholeFiles, WhatCannotBeWrittenLeavesNothing) {
  fs::create_directories(folder_ / "model/taken/by");
  EXPECT_FALSE(write_output(folder_ / "model/taken", "a file"));
  EXPECT_THAT(names_in(folder_), ElementsAre("model"));
}

}  // namespace
}  // namespace clary::training
