#include "workers/cgroups.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.hpp"
#include "io/file.hpp"
#include "workers/worker_folder.hpp"

namespace clary::workers {
namespace {

namespace fs = std::filesystem;

// A folder that plays the cgroup file system: the files are there, and keep what is written.
class Cgroups : public testing::Test {
 protected:
  std::string root = "/tmp/clary-cgroups-" + random_alphanumeric(8);
  void SetUp() override { cgroup(root, "cpuset cpu io memory pids", ""); }
  void TearDown() override { fs::remove_all(root); }

  static void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }
  static std::string read(const std::string& path) { return io::read_file(path).value(); }
  static void cgroup(const std::string& folder, const std::string& controllers, const std::string& given) {
    fs::create_directories(folder);
    write(folder + "/cgroup.controllers", controllers + "\n");
    write(folder + "/cgroup.subtree_control", given + "\n");
    write(folder + "/cgroup.procs", "");
  }
  static std::string worker(const std::string& parent, const std::string& id) {
    const std::string folder = parent + "/worker-" + id;
    cgroup(folder, "", "");
    for (const char* file : {"memory.max", "memory.swap.max", "memory.oom.group", "cpu.max", "pids.max"})
      write(folder + "/" + file, "max");
    return folder;
  }
};

TEST_F(Cgroups, are_made_below_our_own_where_it_is_ours) {
  EXPECT_EQ(open_cgroups(root, 77).value(), root);
  EXPECT_EQ(read(root + "/cgroup.subtree_control"), "+memory +cpu +pids");
}

TEST_F(Cgroups, what_is_given_on_already_is_left_alone) {
  write(root + "/cgroup.subtree_control", "memory pids cpu\n");
  EXPECT_EQ(open_cgroups(root, 77).value(), root);
  EXPECT_EQ(read(root + "/cgroup.subtree_control"), "memory pids cpu\n");
}

TEST_F(Cgroups, a_server_in_its_leaf_has_workers_beside_it) {
  cgroup(root + "/" + server_leaf, "", "");
  EXPECT_EQ(open_cgroups(root + "/" + server_leaf, 77).value(), root);
}

TEST_F(Cgroups, without_a_memory_controller_there_are_none) {
  write(root + "/cgroup.controllers", "hugetlb\n");
  const auto opened = open_cgroups(root, 77);
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().detail.find("no memory controller"), std::string::npos);
  EXPECT_EQ(read(root + "/cgroup.subtree_control"), "\n");
  EXPECT_FALSE(open_cgroups("", 77).ok());
}

TEST_F(Cgroups, anothers_is_not_used) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write everything";
  fs::permissions(root + "/cgroup.procs", fs::perms::owner_read);
  EXPECT_FALSE(open_cgroups(root, 77).ok());
}

TEST_F(Cgroups, a_worker_gets_its_limits) {
  const std::string folder = worker(root, "a");
  Limits limits;
  limits.cpus = 0.5;
  limits.memory = 100 << 20;
  limits.processes = 40;
  EXPECT_EQ(make_cgroup(root, "a", limits).value(), folder);
  EXPECT_EQ(read(folder + "/memory.max"), "104857600");
  EXPECT_EQ(read(folder + "/memory.swap.max").substr(0, 1), "0");
  EXPECT_EQ(read(folder + "/memory.oom.group").substr(0, 1), "1");
  EXPECT_EQ(read(folder + "/cpu.max"), "50000 100000");
  EXPECT_EQ(read(folder + "/pids.max").substr(0, 2), "42");
  EXPECT_TRUE(enter_cgroup(folder, 4711).ok());
  EXPECT_EQ(read(folder + "/cgroup.procs"), "4711");
}

TEST_F(Cgroups, without_limits_nothing_is_set_and_without_files_it_is_an_error) {
  const std::string folder = worker(root, "a");
  Limits none;
  none.processes = 0;
  none.cpus = 100000;
  EXPECT_TRUE(make_cgroup(root, "a", none).ok());
  for (const char* file : {"memory.max", "cpu.max", "pids.max"}) EXPECT_EQ(read(folder + "/" + file), "max");
  none.memory = 1 << 20;
  EXPECT_FALSE(make_cgroup(root, "b", none).ok());
  EXPECT_FALSE(make_cgroup(root + "/absent", "b", none).ok());
}

TEST_F(Cgroups, of_two_data_folders_have_names_of_their_own) {
  EXPECT_EQ(mark_of(root).size(), 8u);
  EXPECT_EQ(mark_of(root), mark_of(root + "/../" + fs::path(root).filename().string()));
  EXPECT_NE(mark_of(root + "/one"), mark_of(root + "/two"));
}

TEST_F(Cgroups, tell_what_is_used_and_how_it_ended) {
  const std::string folder = worker(root, "a");
  EXPECT_FALSE(use_of_cgroup(folder).has_value());
  write(folder + "/cpu.stat", "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\n");
  write(folder + "/memory.stat", "anon 1000\nfile 900000\nkernel 30\nshmem 200\nanon_thp 7\n");
  const auto use = use_of_cgroup(folder);
  ASSERT_TRUE(use.has_value());
  EXPECT_DOUBLE_EQ(use->cpu_seconds, 2.5);
  EXPECT_EQ(use->memory, 1230u);
  EXPECT_FALSE(ran_out_of_memory(folder));
  write(folder + "/memory.events", "low 0\nhigh 0\nmax 12\noom 1\noom_kill 0\noom_group_kill 0\n");
  EXPECT_FALSE(ran_out_of_memory(folder));
  write(folder + "/memory.events", "low 0\nhigh 0\nmax 12\noom 1\noom_kill 3\noom_group_kill 1\n");
  EXPECT_TRUE(ran_out_of_memory(folder));
}

// The real file system, as far as this host lets us: a cgroup without controllers can be made where it can be written.
TEST(RealCgroups, what_runs_in_one_is_counted_and_ends_with_it) {
  const std::string own = own_cgroup();
  if (own.empty() || ::access(own.c_str(), W_OK) != 0) GTEST_SKIP() << "no cgroup v2 that we may write";
  const std::string id = "test-" + random_alphanumeric(8);
  Limits none;
  none.processes = 0;
  const auto cgroup = make_cgroup(own, id, none);
  ASSERT_TRUE(cgroup.ok());
  const pid_t child = fork();
  if (child == 0) {
    while (true) {
    }
  }
  if (!enter_cgroup(*cgroup, child).ok()) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    remove_cgroup(*cgroup);
    GTEST_SKIP() << "no process may be moved here";
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (use_of_cgroup(*cgroup)->cpu_seconds < 0.01 && std::chrono::steady_clock::now() < end) usleep(1000);
  EXPECT_GE(use_of_cgroup(*cgroup)->cpu_seconds, 0.01);
  // What an earlier server left under the name does not become part of a new worker.
  EXPECT_EQ(make_cgroup(own, id, none).value(), *cgroup);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_LT(use_of_cgroup(*cgroup)->cpu_seconds, 0.01);
  EXPECT_TRUE(remove_cgroup(*cgroup));
  EXPECT_FALSE(io::exists(*cgroup));
}

}  // namespace
}  // namespace clary::workers
