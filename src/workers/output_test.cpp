#include "workers/output.hpp"

#include <condition_variable>
#include <fcntl.h>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mutex>
#include <unistd.h>

#include "base/rng.hpp"
#include "io/file.hpp"
#include "workers/lines.hpp"
#include "workers/usage.hpp"

namespace clary::workers {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

// What a sink was given, and a way to wait for it.
struct Taken {
  std::mutex mutex;
  std::condition_variable news;
  std::vector<std::string> lines;
  std::uint64_t offset = 0;
  bool refuse = false;
  int refused = 0;

  OutputFollower::Sink sink() {
    return [this](std::vector<Line> some, std::uint64_t end) {
      std::lock_guard lock(mutex);
      if (refuse) {
        ++refused;
        news.notify_all();
        return false;
      }
      for (auto& line : some) lines.push_back(std::move(line.text));
      EXPECT_GT(end, offset);
      offset = end;
      news.notify_all();
      return true;
    };
  }
  bool wait(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex);
    return news.wait_for(lock, 5s, condition);
  }
};

class Output : public testing::Test {
 protected:
  void SetUp() override { writer_ = io::File::open(path_, O_WRONLY | O_CREAT | O_APPEND, 0600).value(); }
  void TearDown() override { std::filesystem::remove(path_); }
  void write(std::string_view text) { ASSERT_TRUE(writer_.write_all(text).ok()); }

  std::string path_ = "/tmp/clary-output-" + random_alphanumeric(8);
  io::File writer_;
  Taken taken_;
};

TEST_F(Output, delivers_lines_as_they_come_and_the_unended_one_at_the_finish) {
  write("before\n");
  auto follower = OutputFollower::start(path_, 0, taken_.sink());
  EXPECT_TRUE(taken_.wait([&] { return taken_.lines.size() == 1; }));
  write("after\npart");
  EXPECT_TRUE(taken_.wait([&] { return taken_.lines.size() == 2; }));
  write("ial");
  follower->finish();
  EXPECT_THAT(taken_.lines, ElementsAre("before", "after", "partial"));
  EXPECT_EQ(taken_.offset, 20u);
}

TEST_F(Output, new_output_arrives_within_20_ms_or_so) {
  auto follower = OutputFollower::start(path_, 0, taken_.sink());
  auto fastest = 10s + 0ns;
  for (int i = 1; i <= 5; ++i) {
    const auto before = std::chrono::steady_clock::now();
    write("line\n");
    ASSERT_TRUE(taken_.wait([&] { return taken_.lines.size() == static_cast<std::size_t>(i); }));
    fastest = std::min(fastest, std::chrono::steady_clock::now() - before);
  }
  EXPECT_LT(fastest, 25ms);
}

TEST_F(Output, goes_on_from_an_offset) {
  write("one\ntwo\n");
  OutputFollower::start(path_, 4, taken_.sink())->finish();
  EXPECT_THAT(taken_.lines, ElementsAre("two"));
  EXPECT_EQ(taken_.offset, 8u);
}

TEST_F(Output, a_refusing_sink_gets_the_same_lines_again) {
  taken_.refuse = true;
  auto follower = OutputFollower::start(path_, 0, taken_.sink());
  write("one\n");
  EXPECT_TRUE(taken_.wait([&] { return taken_.refused >= 2; }));
  {
    std::lock_guard lock(taken_.mutex);
    taken_.refuse = false;
  }
  EXPECT_TRUE(taken_.wait([&] { return taken_.lines.size() == 1; }));
  follower->finish();
  EXPECT_THAT(taken_.lines, ElementsAre("one"));
}

TEST_F(Output, nothing_comes_after_its_end) {
  auto follower = OutputFollower::start(path_, 0, taken_.sink());
  follower.reset();
  write("one\n");
  OutputFollower::start(path_, 0, taken_.sink())->finish();
  EXPECT_THAT(taken_.lines, ElementsAre("one"));
}

TEST_F(Output, a_line_of_50_mb_comes_in_pieces_and_its_disk_space_is_freed) {
  auto follower = OutputFollower::start(path_, 0, taken_.sink());
  const std::string piece(1 << 20, 'x');
  for (int i = 0; i < 50; ++i) write(piece);
  write("\nend\n");
  follower->finish();
  std::size_t total = 0;
  for (const auto& line : taken_.lines) {
    EXPECT_LE(line.size(), longest_line);
    total += line.size();
  }
  EXPECT_EQ(total, 50u * (1 << 20) + 3);
  EXPECT_EQ(taken_.lines.back(), "end");
  EXPECT_LT(file_use(path_), 3u << 20);
}

TEST_F(Output, binary_output_and_progress_bars_are_text) {
  auto follower = OutputFollower::start(path_, 0, taken_.sink());
  write(std::string_view("\x00\xFF\xFE\n 10%\r 20%\r\n", 14));
  follower->finish();
  EXPECT_THAT(taken_.lines, ElementsAre(std::string("\0\xEF\xBF\xBD\xEF\xBF\xBD", 7), " 10%", " 20%"));
}

TEST_F(Output, a_worker_that_cuts_its_own_output_is_followed_on) {
  write("b\n");
  auto follower = OutputFollower::start(path_, 18, taken_.sink());
  follower->finish();
  write("c\n");
  follower = OutputFollower::start(path_, 2, taken_.sink());
  follower->finish();
  EXPECT_THAT(taken_.lines, ElementsAre("c"));
}

TEST_F(Output, many_files_are_followed_at_once) {
  constexpr int count = 50;
  std::vector<std::string> paths;
  std::vector<io::File> files;
  std::vector<std::unique_ptr<Taken>> taken;
  std::vector<std::unique_ptr<OutputFollower>> followers;
  for (int i = 0; i < count; ++i) {
    paths.push_back(path_ + "-" + std::to_string(i));
    files.push_back(io::File::open(paths.back(), O_WRONLY | O_CREAT | O_APPEND, 0600).value());
    taken.push_back(std::make_unique<Taken>());
    followers.push_back(OutputFollower::start(paths.back(), 0, taken.back()->sink()));
  }
  for (int line = 0; line < 20; ++line) {
    for (int i = 0; i < count; ++i)
      ASSERT_TRUE(files[static_cast<std::size_t>(i)].write_all(fmt::format("{}:{}\n", i, line)).ok());
  }
  for (int i = 0; i < count; ++i) {
    auto& one = *taken[static_cast<std::size_t>(i)];
    EXPECT_TRUE(one.wait([&] { return one.lines.size() == 20; }));
    EXPECT_EQ(one.lines.back(), fmt::format("{}:19", i));
  }
  followers.clear();
  for (const auto& path : paths) std::filesystem::remove(path);
}

}  // namespace
}  // namespace clary::workers
