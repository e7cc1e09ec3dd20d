#include "server/data_folder.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

namespace clary::server {
namespace {

TEST(DataFolderTest, ALockThatTheChildOfADeadServerStillHoldsIsWaitedFor) {
  char path[] = "/tmp/clary-data-folder-XXXXXX";
  ASSERT_NE(::mkdtemp(path), nullptr);
  auto folder = open_data_folder(path);
  ASSERT_TRUE(folder);
  auto lock = std::make_optional(lock_data_folder(*folder));
  ASSERT_TRUE(*lock);
  const pid_t child = ::fork();
  if (child == 0) {  // as between fork and exec
    ::usleep(200'000);
    ::_exit(0);
  }
  lock.reset();
  EXPECT_TRUE(lock_data_folder(*folder));
  ::waitpid(child, nullptr, 0);
  std::filesystem::remove_all(path);
}

}  // namespace
}  // namespace clary::server
