#include "workers/gpu_use.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "io/process.hpp"

namespace clary::workers {
namespace {

// A library with NVML's functions: three GPUs, of which the second does not answer.
const char* const library = R"(
typedef struct { unsigned gpu, memory; } rates;
typedef struct { unsigned long long total, free, used; } memory;
static int started;
int nvmlInit_v2(void) { started = 1; return 0; }
int nvmlShutdown(void) { return 0; }
int nvmlDeviceGetCount_v2(unsigned* count) { *count = 3; return started ? 0 : 1; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) { *device = (char*)0 + index + 1; return 0; }
int nvmlDeviceGetMinorNumber(void* device, unsigned* number) { *number = 7 - ((char*)device - (char*)0); return 0; }
int nvmlDeviceGetUtilizationRates(void* device, rates* out) {
  long index = (char*)device - (char*)0; out->gpu = index * 10; out->memory = 1; return index == 2; }
int nvmlDeviceGetMemoryInfo(void* device, memory* out) { out->used = 1000 * ((char*)device - (char*)0); return 0; }
)";

TEST(GpuMeter, tells_what_each_gpu_is_doing) {
  const std::string folder = "/tmp/clary-nvml-" + random_alphanumeric(8);
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/nvml.c") << library;
  const auto compiler = io::find_program("cc");
  if (!compiler) GTEST_SKIP() << "needs a C compiler";
  io::Command command;
  command.arguments = {*compiler, "-shared", "-fPIC", "-o", folder + "/libnvml.so", folder + "/nvml.c"};
  command.environment = {"PATH=/usr/bin:/bin"};
  const auto built = io::run(command, std::chrono::seconds(30));
  ASSERT_TRUE(built.ok());
  ASSERT_EQ(built->code, 0) << built->output;
  {
    GpuMeter meter(folder + "/libnvml.so");
    const auto all = meter.look();
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all.at(6).percent, 10);
    EXPECT_EQ(all.at(6).memory, 1000u);
    EXPECT_EQ(all.at(4).percent, 30);
    EXPECT_EQ(together(all, {4, 5, 6}).percent, 20);
    EXPECT_EQ(together(all, {4, 5, 6}).memory, 4000u);
    EXPECT_EQ(together(all, {4}).memory, 3000u);
  }
  std::filesystem::remove_all(folder);
}

TEST(GpuMeter, without_the_library_there_are_no_figures) {
  GpuMeter meter("libno-such-library.so.1");
  EXPECT_TRUE(meter.look().empty());
  EXPECT_EQ(together({}, {0, 1}).percent, 0);
}

}  // namespace
}  // namespace clary::workers
