#include "training/boosting.hpp"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <thread>
#include <unistd.h>

#include "io/file.hpp"
#include "training/checkpoint_files.hpp"
#include "training/pickle.hpp"
#include "xgboost/booster.hpp"
#include "xgboost/matrix.hpp"
#include "xgboost/test_library.hpp"

namespace clary::training {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

// Records that a few trees can tell apart.
Rows records(std::size_t count, unsigned seed) {
  Rows rows{.columns = 3};
  for (std::size_t i = 0; i < count; ++i) {
    seed = seed * 1664525 + 1013904223;
    const float a = static_cast<float>(seed >> 16 & 0xFF) / 255, b = static_cast<float>(seed >> 8 & 0xFF) / 255;
    rows.values.insert(rows.values.end(), {a, b, std::nanf("")});
    rows.labels.push_back(a * a + b > 0.8f ? 1 : 0);
  }
  return rows;
}

class BoostingTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("clary-boosting-" + std::to_string(::getpid()));
    fs::create_directories(folder_ / "checkpoints");
    fs::create_directories(folder_ / "model");
  }
  void TearDown() override { fs::remove_all(folder_); }

  BoostingJob job() const {
    BoostingJob job{.library = xgboost::test_library()};
    job.asked.rounds = 8;
    job.asked.library = {{"objective", "binary:logistic"}, {"max_depth", "2"}, {"nthread", "1"}};
    job.asked.library_metrics = {"error"};
    job.train = records(400, 1);
    job.validation = records(200, 2);
    job.model_folder = folder_ / "model";
    return job;
  }
  fs::path model() const { return folder_ / "model/xgboost-model"; }

  static xgboost::Booster booster_at(const fs::path& path) {
    auto booster = *xgboost::Booster::create(xgboost::test_library());
    EXPECT_TRUE(booster.load(*io::read_file(path)));
    return booster;
  }
  // What a model predicts for the validation's records, by its first rounds or (0) all of them.
  static std::vector<float> predictions(xgboost::Booster booster, unsigned rounds = 0) {
    const auto matrix = *xgboost::Matrix::dense(xgboost::test_library(), records(200, 2).values, 3);
    const auto predicted = *booster.predict(matrix, rounds);
    return {predicted.values.begin(), predicted.values.end()};
  }
  static int wrong_ones(const std::vector<float>& predicted) {
    const auto labels = records(200, 2).labels;
    int wrong = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) wrong += (predicted[i] > 0.5f) != (labels[i] > 0.5f) ? 1 : 0;
    return wrong;
  }
  static std::size_t trees(const fs::path& path) { return booster_at(path).dump("text")->size(); }

  fs::path folder_;
};

TEST_F(BoostingTest, LeavesAModelThatHasLearned) {
  ASSERT_TRUE(boost(job(), Termination::watch()));
  EXPECT_LT(wrong_ones(predictions(booster_at(model()))), 20);
  EXPECT_EQ(trees(model()), 8u);
}

TEST_F(BoostingTest, GoesOnFromTheNewestCheckpointThatCanBeRead) {
  BoostingJob first = job();
  first.checkpoint_folder = folder_ / "checkpoints";
  ASSERT_TRUE(boost(std::move(first), Termination::watch()));
  const auto whole = predictions(booster_at(model()));
  std::set<std::string> kept;
  for (const auto& entry : fs::directory_iterator(folder_ / "checkpoints")) kept.insert(entry.path().filename());
  EXPECT_THAT(kept, ElementsAre("xgboost-checkpoint.3", "xgboost-checkpoint.4", "xgboost-checkpoint.5",
                                "xgboost-checkpoint.6", "xgboost-checkpoint.7"));
  fs::remove(folder_ / "checkpoints/xgboost-checkpoint.7");
  std::ofstream(folder_ / "checkpoints/xgboost-checkpoint.6") << "half a mod";
  fs::remove(model());
  BoostingJob second = job();
  second.checkpoint_folder = folder_ / "checkpoints";
  ASSERT_TRUE(boost(std::move(second), Termination::watch()));
  EXPECT_EQ(trees(model()), 8u);
  EXPECT_EQ(predictions(booster_at(model())), whole);
}

TEST_F(BoostingTest, StopsEarlyAndKeepsTheBest) {
  BoostingJob asked = job();
  asked.asked.rounds = 500;
  asked.asked.early_stopping_rounds = 3;
  asked.asked.stopping_metric = "error";
  asked.asked.library.emplace_back("eta", "1");
  asked.checkpoint_folder = folder_ / "checkpoints";
  ASSERT_TRUE(boost(std::move(asked), Termination::watch()));
  // The newest checkpoint has every round that was made; its first rounds tell what each of them was worth.
  const auto checkpoints = CheckpointFiles(folder_ / "checkpoints").found();
  ASSERT_FALSE(checkpoints.empty());
  const int last = checkpoints.front().iteration;
  std::vector<int> wrong;
  for (int round = 0; round <= last; ++round)
    wrong.push_back(wrong_ones(predictions(booster_at(checkpoints.front().path), static_cast<unsigned>(round + 1))));
  const auto best = std::min_element(wrong.begin(), wrong.end()) - wrong.begin();
  EXPECT_EQ(last, best + 3) << testing::PrintToString(wrong);
  EXPECT_EQ(trees(model()), static_cast<std::size_t>(best + 1));
  EXPECT_EQ(*booster_at(model()).attribute("best_iteration"), std::to_string(best));
}

// The signal is for good, so each is told in a process of its own, which begins this program anew.
TEST_F(BoostingTest, BeforeTheRoundsBeginTheSignalEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        Termination::watch();
        TearDown();
        ::kill(::getpid(), SIGTERM);
        std::this_thread::sleep_for(std::chrono::minutes(1));
        ::_exit(1);
      },
      testing::ExitedWithCode(0), "");
}

TEST_F(BoostingTest, StoppedBeforeTheFirstRoundItLeavesNoModel) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        Termination& termination = Termination::watch();
        termination.end_between_rounds();
        ::kill(::getpid(), SIGTERM);
        while (!termination.asked()) std::this_thread::yield();
        BoostingJob stopped = job();
        stopped.asked.save_model_on_termination = true;
        const auto done = boost(std::move(stopped), termination);
        const bool good = done.ok() && fs::is_empty(folder_ / "model");
        TearDown();
        ::_exit(good ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST_F(BoostingTest, TheUsersMistakesAreTheUsers) {
  BoostingJob wrong = job();
  wrong.train.labels[0] = 7;
  const auto done = boost(std::move(wrong), Termination::watch());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, "ClientError");
  EXPECT_THAT(done.error().message, HasSubstr("label must be in"));
  EXPECT_FALSE(fs::exists(model()));
  BoostingJob odd = job();
  odd.asked.library.emplace_back("booster", "forest");
  EXPECT_EQ(boost(std::move(odd), Termination::watch()).error().code, "AlgorithmError");
}

TEST(Pickle, IsWhatPythonWrites) {
  const BoosterState state{
      .model = "MODEL", .columns = 1, .booster = "dart", .best_iteration = 2, .best_ntree_limit = 3, .best_score = 1.0};
  using namespace std::string_literals;
  EXPECT_EQ(pickled_booster(state),
            "\x80\x03"
            "cxgboost.core\nBooster\n)\x81}("
            "X\x0d\0\0\0feature_names](X\x02\0\0\0f0eX\x0d\0\0\0feature_typesNX\x06\0\0\0handlecbuiltins\nbytearray\n"
            "B\x05\0\0\0MODEL\x85RX\x07\0\0\0boosterX\x04\0\0\0dartX\x0a\0\0\0best_scoreG\x3f\xf0\0\0\0\0\0\0"
            "X\x0e\0\0\0best_iterationJ\x02\0\0\0X\x10\0\0\0best_ntree_limitJ\x03\0\0\0ub."s);
}

}  // namespace
}  // namespace clary::training
