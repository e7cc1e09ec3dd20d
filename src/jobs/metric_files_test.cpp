#include "jobs/metric_files.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace clary::jobs {
namespace {

namespace fs = std::filesystem;

constexpr Time now{1'795'000'000'000'000};

TEST(ParseMetricLine, TakesWhatTheSdksWrite) {
  auto point = parse_metric_line(R"({"MetricName": "test:acc", "Value": 0.5, "Timestamp": 1795000000.25, "IterationNumber": 3})", now);
  ASSERT_TRUE(point);
  EXPECT_EQ(point->name, "test:acc");
  EXPECT_EQ(point->value, 0.5);
  EXPECT_EQ(point->time.micros, 1'795'000'000'250'000);
  EXPECT_EQ(point->step, 3);
  EXPECT_FALSE(point->from_log);
  point = parse_metric_line(R"({"MetricName":"a","Value":-1e3,"Timestamp":1795000000,"Step":7})", now);
  ASSERT_TRUE(point);
  EXPECT_EQ(point->value, -1000);
  EXPECT_EQ(point->step, 7);
  point = parse_metric_line(R"({"MetricName":"a","Value":1,"Timestamp":1795000000})", now);
  ASSERT_TRUE(point);
  EXPECT_FALSE(point->step);
}

TEST(ParseMetricLine, TakesNothingElse) {
  for (const std::string bad :
       {"", " ", "null", "[]", "{}", "{", R"({"MetricName":"a","Value":1})", R"({"MetricName":"a","Timestamp":1795000000})",
        R"({"Value":1,"Timestamp":1795000000})", R"({"MetricName":"","Value":1,"Timestamp":1795000000})",
        R"({"MetricName":7,"Value":1,"Timestamp":1795000000})", R"({"MetricName":"a","Value":"1","Timestamp":1795000000})",
        R"({"MetricName":"a","Value":NaN,"Timestamp":1795000000})", R"({"MetricName":"a","Value":Infinity,"Timestamp":1795000000})",
        R"({"MetricName":"a","Value":1e999,"Timestamp":1795000000})", R"({"MetricName":"a","Value":1,"Timestamp":1e300})",
        R"({"MetricName":"a","Value":1,"Timestamp":1793000000})", R"({"MetricName":"a","Value":1,"Timestamp":1795010000})",
        "{\"MetricName\":\"\xff\",\"Value\":1,\"Timestamp\":1795000000}"}) {
    EXPECT_FALSE(parse_metric_line(bad, now)) << bad;
  }
  const std::string long_name(256, 'n');
  EXPECT_FALSE(parse_metric_line(R"({"MetricName":")" + long_name + R"(","Value":1,"Timestamp":1795000000})", now));
  EXPECT_FALSE(parse_metric_line(std::string(70'000, ' ') + R"({"MetricName":"a","Value":1,"Timestamp":1795000000})", now));
  EXPECT_FALSE(parse_metric_line(std::string(60'000, '['), now));
}

class MetricFiles : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder); }
  void TearDown() override { fs::remove_all(ml); }
  static std::string line(double value) { return fmt::format(R"({{"MetricName":"m","Value":{},"Timestamp":1795000000}})", value) + "\n"; }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder / name, std::ios::app) << text; }
  std::vector<double> read(bool ended = false) {
    std::vector<double> values;
    for (bool more = true; more;) {
      FileMetrics found = read_metric_files(ml, offsets, ended, now);
      for (const auto& point : found.points) values.push_back(point.value);
      more = found.more;
      if (more) {
        EXPECT_NE(found.offsets, offsets) << "it would go on for ever";
      }
      offsets = found.offsets;
    }
    return values;
  }

  const fs::path ml = fs::temp_directory_path() / fmt::format("metric_files_test-{}", getpid());
  const fs::path folder = ml / "output/metrics/sagemaker";
  FileOffsets offsets;
};
using Values = std::vector<double>;

TEST_F(MetricFiles, GoesOnWhereItWas) {
  EXPECT_TRUE(read().empty());
  write("1.json", line(1) + line(2));
  write("2.json", line(3).substr(0, 10));
  EXPECT_EQ(read(), (Values{1, 2}));
  EXPECT_TRUE(read().empty());
  write("2.json", line(3).substr(10));
  EXPECT_EQ(read(), (Values{3}));
  write("1.json", "\n\nno metric\n" + line(4) + line(5).substr(0, line(5).size() - 1));
  EXPECT_EQ(read(), (Values{4}));
  EXPECT_EQ(read(true), (Values{5}));
  EXPECT_TRUE(read(true).empty());
}

TEST_F(MetricFiles, ALineThatNeverEndsIsPassedOver) {
  write("1.json", std::string(3'000'000, 'x'));
  EXPECT_TRUE(read().empty());
  write("1.json", "tail\n" + line(1));
  EXPECT_EQ(read(), (Values{1}));
}

TEST_F(MetricFiles, ManyLinesComeInPiecesAndNoneIsLost) {
  std::string text;
  for (int i = 0; i < 60'000; ++i) text += line(i);
  write("1.json", text);
  write("2.json", text);
  const auto values = read();
  ASSERT_EQ(values.size(), 120'000u);
  for (int i = 0; i < 60'000; ++i) ASSERT_EQ(values[static_cast<std::size_t>(i)], i);
}

TEST_F(MetricFiles, NothingButRegularFilesIsRead) {
  const fs::path secret = ml / "secret";
  std::ofstream(secret) << line(666);
  fs::create_symlink(secret, folder / "1.json");
  fs::create_directories(folder / "2.json");
  ASSERT_EQ(mkfifo((folder / "3.json").c_str(), 0600), 0);
  write("4.json", line(4));
  write("name\nwith a line.json", line(5));
  write("\xff.json", line(6));
  EXPECT_EQ(read(), (Values{4}));
  EXPECT_EQ(offsets.size(), 1u);
  fs::rename(folder, ml / "elsewhere");
  fs::create_directory_symlink(ml / "elsewhere", folder);
  offsets.clear();
  EXPECT_TRUE(read().empty());
}

TEST_F(MetricFiles, AFileOfHolesAndAThousandFilesEnd) {
  write("0.json", "");
  fs::resize_file(folder / "0.json", 1ULL << 40);
  FileMetrics found = read_metric_files(ml, offsets, true, now);
  EXPECT_TRUE(found.points.empty() && found.more);
  offsets["0.json"] = (1ULL << 30) - 1;
  EXPECT_TRUE(read(true).empty());
  for (int i = 1; i < 1000; ++i) write(fmt::format("{}.json", i), line(i));
  EXPECT_EQ(read().size(), 255u);
  EXPECT_EQ(offsets.size(), 256u);
  std::ofstream(folder / std::next(offsets.begin())->first, std::ios::app) << line(7);
  EXPECT_EQ(read(), (Values{7})) << "what was read before is read on";
}

TEST_F(MetricFiles, AFileThatWasCutIsReadOnWhereItGrows) {
  write("1.json", line(1) + line(2));
  EXPECT_EQ(read(), (Values{1, 2}));
  fs::resize_file(folder / "1.json", 3);
  EXPECT_TRUE(read().empty());
}

}  // namespace
}  // namespace clary::jobs
