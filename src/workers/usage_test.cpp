#include "workers/usage.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.hpp"
#include "io/file.hpp"
#include "workers/test_host.hpp"

namespace clary::workers {
namespace {

struct Ground {
  std::string root = "/tmp/clary-usage-" + random_alphanumeric(8);
  Ground() { fs::create_directories(root); }
  ~Ground() { (void)io::remove_tree(root); }
};

TEST(DiskUse, counts_what_has_many_links_once_and_no_file_as_nothing) {
  Ground ground;
  const auto empty = disk_use({ground.root});
  for (int i = 0; i < 100; ++i) std::ofstream(ground.root + "/" + std::to_string(i));
  EXPECT_GE(disk_use({ground.root}) - empty, 100u * 4096);
  fs::remove_all(ground.root);
  fs::create_directories(ground.root);
  std::ofstream(ground.root + "/first") << std::string(1 << 20, 'x');
  for (int i = 0; i < 10; ++i) fs::create_hard_link(ground.root + "/first", ground.root + "/" + std::to_string(i));
  EXPECT_LT(disk_use({ground.root}), 2u << 20);
  EXPECT_GE(disk_use({ground.root}), 1u << 20);
}

TEST(DiskUse, a_folder_without_modes_hides_nothing) {
  run_as(Mode::user, [] {
    Ground ground;
    const std::string hidden = ground.root + "/hidden", other = ground.root + "/other";
    fs::create_directories(hidden);
    fs::create_directories(other);
    std::ofstream(hidden + "/data") << std::string(1 << 20, 'x');
    chmod(other.c_str(), 0711);
    chmod(hidden.c_str(), 0000);
    EXPECT_GE(disk_use({ground.root}), 1u << 20);
    struct stat info {};
    stat(hidden.c_str(), &info);
    EXPECT_EQ(info.st_mode & 0777, 0500u);
    stat(other.c_str(), &info);
    EXPECT_EQ(info.st_mode & 0777, 0711u);
    chmod(hidden.c_str(), 0700);
  });
}

TEST(DiskUse, what_is_nested_too_deep_is_over_any_limit) {
  Ground ground;
  std::string path = ground.root;
  for (int i = 0; i < 150; ++i) path += "/d";
  fs::create_directories(path);
  std::ofstream(path + "/data") << std::string(1 << 20, 'x');
  EXPECT_GE(disk_use({ground.root}), 1u << 20);
  EXPECT_LT(disk_use({ground.root}), 4u << 20);
  for (int i = 0; i < 100; ++i) path += "/d";
  fs::create_directories(path);
  EXPECT_EQ(disk_use({ground.root, ground.root}), uncountable);
}

}  // namespace
}  // namespace clary::workers
