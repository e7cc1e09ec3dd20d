#include "workers/placement.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <thread>

#include "base/rng.hpp"

namespace clary::workers {
namespace {

namespace fs = std::filesystem;
using Numbers = std::vector<int>;

TEST(Gpus, are_the_numbered_devices_and_what_goes_with_them) {
  const std::string devices = "/tmp/clary-dev-" + random_alphanumeric(8);
  fs::create_directories(devices + "/nvidia-caps");
  EXPECT_TRUE(look_for_gpus(devices).numbers.empty());
  for (const char* name : {"nvidia10", "nvidia0", "nvidia2", "nvidiactl", "nvidia-uvm", "nvidia-", "nvidia1x", "null"})
    std::ofstream(devices + "/" + name) << "";
  const auto gpus = look_for_gpus(devices);
  EXPECT_EQ(gpus.numbers, (Numbers{0, 2, 10}));
  EXPECT_EQ(gpus.nodes, (std::vector<std::string>{devices + "/nvidiactl", devices + "/nvidia-uvm"}));
  fs::remove_all(devices);
  EXPECT_TRUE(look_for_gpus(devices).numbers.empty());
}

TEST(Placement, those_least_in_use_are_given) {
  EXPECT_EQ(choose_gpus(2, {0, 1, 2, 3}, {0, 0, 1, 3}), (Numbers{1, 2}));
  EXPECT_EQ(choose_gpus(1, {0, 1}, {}), (Numbers{0}));
  EXPECT_EQ(choose_gpus(9, {1, 0}, {0}), (Numbers{0, 1}));
  EXPECT_EQ(choose_gpus(0, {0, 1}, {}), (Numbers{}));
  EXPECT_EQ(number_list({0, 2}), "0,2");
}

TEST(Placement, the_whole_host_is_no_choice) {
  EXPECT_EQ(choose_cpus(0, {}), (Numbers{}));
  EXPECT_EQ(choose_cpus(100000, {}), (Numbers{}));
  if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "needs two CPUs";
  const auto first = choose_cpus(1, {});
  ASSERT_EQ(first.size(), 1u);
  EXPECT_NE(choose_cpus(0.5, first), first);
}

}  // namespace
}  // namespace clary::workers
