// What an acknowledged write is worth: processes that are killed, disks that are full.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <sched.h>
#include <set>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "base/rng.hpp"
#include "meta/store.hpp"

namespace clary::meta {
namespace {

const std::vector<Migration> schema{{1, "CREATE TABLE kept (n BIGINT PRIMARY KEY, filler TEXT)"}};

class DurabilityTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "clary-durable-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::shared_ptr<Store> open() const {
    auto store = Store::open({.path = folder + "/meta.db"}, schema);
    EXPECT_TRUE(store.ok()) << store.error().detail;
    return *store;
  }
  std::string folder;
};

Outcome<void> keep(Store& store, std::int64_t n, std::string_view filler = "some text") {
  return store.write([&](Session& session) -> Outcome<void> {
    CHECK_OK(session.run("INSERT INTO kept VALUES (?, ?)", {n, filler}));
    return {};
  });
}

std::set<std::int64_t> all_kept(Store& store) {
  std::set<std::int64_t> found;
  auto read = store.read([&](Session& session) {
    return session.run("SELECT n FROM kept", {}, [&](const Row& row) { return found.insert(row.integer(0)).second; });
  });
  EXPECT_TRUE(read.ok());
  return found;
}

// Writes from several threads, and tells each number once it is acknowledged, until it is killed.
[[noreturn]] void write_until_killed(const std::string& path, int report, std::int64_t base) {
  auto store = Store::open({.path = path}, schema);
  if (!store) ::_exit(1);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::int64_t n = base + thread;; n += 4) {
        if (!keep(**store, n) || ::write(report, &n, sizeof n) != sizeof n) ::_exit(2);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  ::_exit(3);
}

TEST_F(DurabilityTest, KillLosesNothingAcknowledged) {
  std::set<std::int64_t> acknowledged;
  for (int round = 0; round < 8; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_until_killed(folder + "/meta.db", ends[1], round * 10'000'000);
    ::close(ends[1]);
    // Kill after a random number of acknowledgements, so in the middle of whatever it is doing then.
    const auto least = 1 + random_below(600);
    std::int64_t n = 0;
    std::uint64_t got = 0;
    while (::read(ends[0], &n, sizeof n) == sizeof n) {
      acknowledged.insert(n);
      if (++got == least) ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself: " << WEXITSTATUS(status);
    auto found = all_kept(*open());
    EXPECT_GE(got, least);
    EXPECT_TRUE(std::includes(found.begin(), found.end(), acknowledged.begin(), acknowledged.end()));
  }
}

// Runs in a child, because it narrows what the process may do. Exit codes: 0 as expected, 77 not possible here.
template <typename F>
int in_child(F&& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

#define NEED(condition) \
  if (!(condition)) return __LINE__ % 70 + 1

// Fills until a write is refused; then what was acknowledged is there, the refused one is not, and reading goes on.
int fill(const std::string& path, const std::function<void()>& make_room) {
  auto store = Store::open({.path = path}, schema);
  if (!store) fmt::print(stderr, "{}\n", store.error().detail);
  NEED(store.ok());
  const std::string filler(20'000, 'x');
  std::int64_t n = 0;
  Outcome<void> done;
  while (n < 10'000 && (done = keep(**store, n, filler)).ok()) ++n;
  NEED(n > 10 && n < 10'000);
  NEED(done.error().kind == ErrorKind::unavailable);
  NEED(done.error().message.find("no space left") != std::string::npos);
  NEED(all_kept(**store).size() == static_cast<std::size_t>(n));
  // A group fails as one: nobody in it is told that it was kept.
  std::vector<std::thread> threads;
  std::atomic<int> refused{0};
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] { refused += !keep(**store, 100'000 + thread, filler); });
  }
  for (auto& thread : threads) thread.join();
  NEED(all_kept(**store).size() == static_cast<std::size_t>(n + 8 - refused));
  make_room();
  NEED(keep(**store, 200'000, filler).ok());
  store = Store::open({.path = path}, schema);
  NEED(store.ok());
  NEED(all_kept(**store).size() == static_cast<std::size_t>(n + 9 - refused));
  return 0;
}

TEST_F(DurabilityTest, FileSizeLimitFailsTheWriteAndNothingElse) {
  EXPECT_EQ(in_child([&] {
              ::signal(SIGXFSZ, SIG_IGN);
              rlimit limit{};
              ::getrlimit(RLIMIT_FSIZE, &limit);
              const auto roomy = limit;
              limit.rlim_cur = 2 * 1024 * 1024;
              NEED(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
              return fill(folder + "/meta.db", [&] { ::setrlimit(RLIMIT_FSIZE, &roomy); });
            }),
            0);
}

// A mount namespace of our own; an ordinary user gets one as the root of a user namespace.
bool enter_mount_namespace() {
  const std::string user = fmt::format("0 {} 1", ::getuid()), own_group = fmt::format("0 {} 1", ::getgid());
  if (::unshare(CLONE_NEWNS) != 0) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    std::ofstream("/proc/self/uid_map") << user;
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/gid_map") << own_group;
  }
  return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

TEST_F(DurabilityTest, FullDiskFailsTheWriteAndNothingElse) {
  int code = in_child([&] {
    if (!enter_mount_namespace()) return 77;
    if (::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=3m") != 0) return 77;
    return fill(folder + "/meta.db", [&] { ::mount("tmpfs", folder.c_str(), "tmpfs", MS_REMOUNT, "size=30m"); });
  });
  if (code == 77) GTEST_SKIP() << "no mount namespaces here";
  EXPECT_EQ(code, 0);
}

TEST_F(DurabilityTest, FaultInAStatementFailsItsWrite) {
  auto store = open();
  auto limited = store->write([](Session& session) { return session.run("PRAGMA max_page_count = 20"); });
  ASSERT_TRUE(limited.ok()) << limited.error().detail;
  auto full = keep(*store, 1, std::string(200'000, 'x'));
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().kind, ErrorKind::unavailable);
  EXPECT_TRUE(keep(*store, 2).ok());
  EXPECT_EQ(all_kept(*store), std::set<std::int64_t>{2});
}

}  // namespace
}  // namespace clary::meta
