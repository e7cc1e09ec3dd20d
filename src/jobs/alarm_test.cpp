#include "jobs/alarm.hpp"

#include <future>
#include <gtest/gtest.h>

namespace clary::jobs {
namespace {

using std::chrono::milliseconds;

TEST(Alarm, CallsWhenTheTimeHasCome) {
  Alarm alarm;
  std::promise<void> called;
  auto handle = alarm.after(milliseconds(5), [&] { called.set_value(); });
  EXPECT_EQ(called.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST(Alarm, ACallTakenBackWhileItIsWaitedForIsForgotten) {
  Alarm alarm;
  // The alarm's thread waits for the first; taking it back frees what it waited for (seen by AddressSanitizer).
  for (int i = 0; i < 200; ++i) {
    auto first = alarm.after(milliseconds(i % 3), [] {});
    auto later = alarm.after(milliseconds(60000), [] { ADD_FAILURE() << "not due"; });
    first.reset();
    std::this_thread::yield();
  }
  std::promise<void> called;
  auto handle = alarm.after(milliseconds(0), [&] { called.set_value(); });
  EXPECT_EQ(called.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

}  // namespace
}  // namespace clary::jobs
