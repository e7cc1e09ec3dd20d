#include "xgboost/library.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

#include "xgboost/test_library.hpp"

namespace clary::xgboost {
namespace {

namespace fs = std::filesystem;

struct LibraryTest : testing::Test {
  LibraryTest() { fs::create_directories(folder); }
  ~LibraryTest() override { fs::remove_all(folder); }
  void write(const std::string& name, const std::string& text = "") {
    fs::create_directories((folder / name).parent_path());
    std::ofstream(folder / name) << text;
  }
  const fs::path folder = fs::temp_directory_path() / ("xgboost-library-test-" + std::to_string(getpid()));
};

TEST_F(LibraryTest, IsFoundWhereWheelsOfAnyAgePutIt) {
  EXPECT_EQ(library_in(folder).error().kind, ErrorKind::not_found);
  write("xgboost/libxgboost.so");
  EXPECT_EQ(*library_in(folder), folder / "xgboost/libxgboost.so");
  write("lib/python3.8/site-packages/xgboost/lib/libxgboost.so");
  EXPECT_EQ(*library_in(folder), folder / "lib/python3.8/site-packages/xgboost/lib/libxgboost.so");
}

TEST_F(LibraryTest, WhatIsNoLibraryIsAnError) {
  EXPECT_FALSE(Library::load(folder / "none.so"));
  write("text.so", "text");
  EXPECT_FALSE(Library::load(folder / "text.so"));
  auto other = Library::load("libz.so.1");
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().detail.find("functions of XGBoost"), std::string::npos);
}

TEST_F(LibraryTest, KnowsItsVersion) {
  auto library = test_library();
  EXPECT_GE(library->version(), (LibraryVersion{0, 72, 0}));
  EXPECT_LT((LibraryVersion{0, 90, 0}), (LibraryVersion{1, 0, 0}));
  EXPECT_EQ((LibraryVersion{1, 7, 4}).text(), "1.7.4");
}

TEST(PlainMessage, LeavesOutSourceLinesAndStackTraces) {
  EXPECT_EQ(plain_message("[18:40:13] /workspace/src/learner.cc:541: Check failed: a == b: No good\nStack trace:\n  [bt] (0) x.so\n"),
            "Check failed: a == b: No good");
  EXPECT_EQ(plain_message("[18:40:13] src/objective/x.cc:21: unknown objective\n\nStack trace returned 3 entries"), "unknown objective");
  EXPECT_EQ(plain_message("reg:none is unknown: say another"), "reg:none is unknown: say another");
  EXPECT_EQ(plain_message(""), "XGBoost gives no reason.");
}

}  // namespace
}  // namespace clary::xgboost
