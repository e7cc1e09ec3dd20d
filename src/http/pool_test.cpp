#include "http/pool.hpp"

#include <atomic>
#include <functional>
#include <future>
#include <gtest/gtest.h>

namespace clary::http {
namespace {

struct Piece : Work {
  explicit Piece(std::function<void()> w) : work(std::move(w)) {}
  void run() override { work(); }
  std::function<void()> work;
};

TEST(Pool, RunsEverythingOnceUnderLoad) {
  std::atomic<int> ran{0};
  {
    Pool pool(4, 100'000);
    for (int at = 0; at < 20'000; ++at) ASSERT_TRUE(pool.submit(std::make_shared<Piece>([&] { ++ran; })));
    pool.stop();
  }
  EXPECT_EQ(ran, 20'000);
}

TEST(Pool, TurnsAwayWhatIsBeyondThreadsAndQueue) {
  Pool pool(2, 3);
  std::promise<void> open;
  auto opened = open.get_future().share();
  auto blocker = [&] { return std::make_shared<Piece>([opened] { opened.wait(); }); };
  for (int at = 0; at < 5; ++at) EXPECT_TRUE(pool.submit(blocker())) << at;
  EXPECT_FALSE(pool.submit(blocker()));
  EXPECT_TRUE(pool.resume(blocker()));
  open.set_value();
  pool.stop();
  EXPECT_FALSE(pool.submit(blocker()));
}

TEST(Pool, OneSlowPieceHoldsUpNothingElse) {
  Pool pool(2, 10);
  std::promise<void> open;
  auto opened = open.get_future().share();
  ASSERT_TRUE(pool.submit(std::make_shared<Piece>([opened] { opened.wait(); })));
  std::promise<void> done;
  ASSERT_TRUE(pool.submit(std::make_shared<Piece>([&] { done.set_value(); })));
  EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
  open.set_value();
}

}  // namespace
}  // namespace clary::http
