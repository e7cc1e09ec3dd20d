// Makes real environments with uv, from a folder of packages that the test makes: no registry is asked.
#include "runtimes/environments.hpp"

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mutex>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "base/rng.hpp"
#include "io/process.hpp"
#include "runtimes/environment_folder.hpp"
#include "workers/process_launcher.hpp"

namespace clary::runtimes {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;

// A wheel of one module, a test and code that every Python runs that sees it, and the lock line that names it with its hash.
constexpr const char* make_wheel = R"(
import base64, hashlib, sys, zipfile
folder = sys.argv[1]
name = folder + "/tiny-1.0-py3-none-any.whl"
files = {"tiny.py": "answer = 42\n",
         "tiny.pth": "import os, sys; os.access(sys.prefix, os.W_OK) and open(sys.prefix + '/ran', 'w').close()\n",
         "tests/__init__.py": "",
         "tiny-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
         "tiny-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
record = ""
for path, text in files.items():
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    record += "%s,sha256=%s,%d\n" % (path, digest, len(text))
files["tiny-1.0.dist-info/RECORD"] = record + "tiny-1.0.dist-info/RECORD,,\n"
with zipfile.ZipFile(name, "w") as wheel:
    for path, text in files.items():
        wheel.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), text)
print("tiny==1.0 --hash=sha256:" + hashlib.sha256(open(name, "rb").read()).hexdigest())
)";

class EnvironmentsTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!io::find_program("uv")) GTEST_SKIP() << "uv is not on PATH (pip install uv)";
    fs::create_directories(root_ + "/wheels");
    chmod(root_.c_str(), 0755);
    io::Command command;
    command.arguments = {"/usr/bin/python3", "-c", make_wheel, root_ + "/wheels"};
    auto lock = io::run(command, 20s);
    ASSERT_TRUE(lock.ok() && lock->code == 0) << lock->output;
    std::ofstream(root_ + "/lock.txt") << lock->output;
    setenv("UV_FIND_LINKS", (root_ + "/wheels").c_str(), 1);
    setenv("UV_NO_INDEX", "1", 1);
    version_.runtime = "tiny";
    version_.tag = "1.0";
    version_.library = "tiny 1.0";
    version_.python = "3.11";
    version_.requirements = root_ + "/lock.txt";
    launching_.folder = root_ + "/workers";
    launching_.sandbox = GetParam();
    options_.cache = root_ + "/cache";
    options_.sandbox = GetParam();
    reopen();
  }
  void TearDown() override {
    for (const char* name : {"UV_FIND_LINKS", "UV_NO_INDEX", "UV_DEFAULT_INDEX", "UV_HTTP_RETRIES"}) unsetenv(name);
    environments_.reset();
    launcher_.reset();
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(root_ + "/cache/environments", code))
      (void)EnvironmentFolder(entry.path()).remove();
    fs::remove_all(root_);
  }
  void reopen() {
    environments_.reset();
    launcher_.reset();
    auto launcher = workers::open_process_launcher(launching_);
    ASSERT_TRUE(launcher.ok()) << launcher.error().message;
    launcher_ = std::move(*launcher);
    auto environments = open_environments(options_, *launcher_);
    ASSERT_TRUE(environments.ok()) << environments.error().message;
    environments_ = std::move(*environments);
  }
  Outcome<Environment> ensure() {
    std::promise<Outcome<Environment>> promise;
    environments_->ensure(
        version_, [this](const std::string& line) { news_.push_back(line); },
        [&](Outcome<Environment> outcome) { promise.set_value(std::move(outcome)); });
    return promise.get_future().get();
  }
  std::string run_in(const Environment& environment, const std::string& script) {
    workers::WorkerSpec spec;
    spec.id = "job-" + random_alphanumeric(8);
    spec.command = {environment.python, "-c", script};
    spec.mounts = environment.mounts;
    auto worker = launcher_->start(spec);
    if (!worker) return worker.error().detail;
    std::promise<workers::Exit> promise;
    (*worker)->on_exit([&](workers::Exit exit) { promise.set_value(exit); });
    promise.get_future().wait();
    return io::read_file((*worker)->output_path()).value();
  }

  std::string root_ = "/tmp/clary-environments-" + random_alphanumeric(8);
  Version version_;
  workers::LauncherOptions launching_;
  EnvironmentOptions options_;
  std::unique_ptr<workers::Launcher> launcher_;
  std::unique_ptr<Environments> environments_;
  std::vector<std::string> news_;
};
INSTANTIATE_TEST_SUITE_P(With, EnvironmentsTest, testing::Values(true, false),
                         [](const auto& info) { return info.param ? "sandbox" : "bare_host"; });

TEST_P(EnvironmentsTest, makes_one_once_and_finds_it_again) {
  EXPECT_EQ(environments_->progress(version_).stage, Progress::Stage::absent);
  auto made = ensure();
  ASSERT_TRUE(made.ok()) << made.error().message << made.error().detail;
  EXPECT_THAT(news_, Contains(HasSubstr("installed 1 packages")));
  EXPECT_EQ(environments_->progress(version_).stage, Progress::Stage::ready);
  EXPECT_EQ(run_in(*made, "import tiny, sys; print(tiny.answer, sys.version_info[:2], tiny.__cached__ is not None)"),
            "42 (3, 11) True\n");
  EXPECT_TRUE(launcher_->ids().size() == 1 && launcher_->ids()[0].starts_with("job-"));
  news_.clear();
  reopen();
  bool at_once = false;
  environments_->ensure(
      version_, {}, [&](Outcome<Environment> outcome) { at_once = outcome.ok() && outcome->folder == made->folder; });
  EXPECT_TRUE(at_once);
  EXPECT_TRUE(news_.empty());
}

TEST_P(EnvironmentsTest, is_read_only_and_its_bytecode_is_there) {
  auto made = ensure();
  ASSERT_TRUE(made.ok()) << made.error().message;
  const std::string tree = made->mounts[0].source;
  std::size_t compiled = 0;
  for (const auto& entry : fs::recursive_directory_iterator(tree)) {
    if (entry.is_symlink() || (entry.is_directory() && GetParam())) continue;
    EXPECT_EQ(entry.status().permissions() & static_cast<fs::perms>(0222), fs::perms::none) << entry.path();
    if (entry.path().filename().string().starts_with("tiny.cpython-311")) ++compiled;
    EXPECT_FALSE(entry.path().extension() == ".pyc" && entry.path().string().find("/tests/") != std::string::npos);
  }
  EXPECT_EQ(compiled, 1u);
  EXPECT_TRUE(fs::exists(tree + "/lib/python3.11/site-packages/tests/__init__.py"));
  EXPECT_FALSE(fs::exists(tree + "/ran")) << "code of the package ran while its environment was made";
  if (GetParam()) {
    EXPECT_THAT(run_in(*made, "open('" + made->folder + "/x', 'w')"), HasSubstr("Error"));
  }
}

std::size_t names_of(const std::string& file) {
  struct stat found {};
  EXPECT_EQ(::stat(file.c_str(), &found), 0) << file;
  return found.st_nlink;
}

// One lock after another: what both name is on the disk once, whoever owns it.
TEST_P(EnvironmentsTest, environments_share_the_files_of_their_packages) {
  for (std::size_t environments : {1, 2}) {
    auto made = ensure();
    ASSERT_TRUE(made.ok()) << made.error().message;
    const std::string module = made->mounts[0].source + "/lib/python3.11/site-packages/tiny.py";
    EXPECT_EQ(names_of(module), environments + 1);
    EXPECT_EQ(run_in(*made, "import tiny; print(tiny.answer)"), "42\n");
    std::ofstream(version_.requirements, std::ios::app) << "# another\n";
  }
  EXPECT_TRUE(fs::exists(root_ + "/cache/making/packages"));
  EXPECT_EQ(std::distance(fs::directory_iterator(root_ + "/cache/making"), fs::directory_iterator()), 1);
}

// Each file is counted once, with its last name.
TEST_P(EnvironmentsTest, what_is_told_to_be_free_again_is) {
  ASSERT_TRUE(ensure().ok());
  const std::string packages = root_ + "/cache/making/packages";
  std::string module;
  for (const auto& entry : fs::recursive_directory_iterator(packages))
    if (entry.path().filename() == "tiny.py") module = entry.path();
  ASSERT_FALSE(module.empty());
  fs::permissions(module, fs::perms::owner_all);
  std::ofstream(module) << std::string(8 << 20, '#');  // in both places
  const auto pruned = environments_->prune({}, true);
  ASSERT_TRUE(pruned.ok());
  EXPECT_EQ(pruned->removed.size(), 1u);
  EXPECT_GE(pruned->bytes, 8u << 20);
  EXPECT_LT(pruned->bytes, 16u << 20);
}

TEST_P(EnvironmentsTest, the_packages_of_servers_of_before_are_taken_over) {
  fs::create_directories(root_ + "/cache/packages/wheels");
  reopen();
  EXPECT_TRUE(fs::exists(root_ + "/cache/making/packages/wheels"));
  EXPECT_FALSE(fs::exists(root_ + "/cache/packages"));
}

// What runs while it is made could write to the packages: it does not see them.
TEST_P(EnvironmentsTest, where_code_of_packages_may_run_nothing_is_shared) {
  std::ofstream(version_.requirements) << "tiny==1.0\n";
  auto made = ensure();
  ASSERT_TRUE(made.ok()) << made.error().message << made.error().detail;
  EXPECT_EQ(names_of(made->mounts[0].source + "/lib/python3.11/site-packages/tiny.py"), 1u);
  EXPECT_FALSE(fs::exists(root_ + "/cache/making/packages"));
  EXPECT_EQ(run_in(*made, "import tiny; print(tiny.answer)"), "42\n");
}

TEST_P(EnvironmentsTest, an_unreachable_registry_is_the_reason_and_the_next_time_is_a_new_chance) {
  setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:1/simple", 1);
  setenv("UV_HTTP_RETRIES", "0", 1);
  unsetenv("UV_NO_INDEX");
  unsetenv("UV_FIND_LINKS");
  auto made = ensure();
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().kind, ErrorKind::unavailable);
  EXPECT_THAT(made.error().message, HasSubstr("tiny:1.0 could not be made: the package registry cannot be reached"));
  EXPECT_EQ(environments_->progress(version_).stage, Progress::Stage::failed);
  EXPECT_TRUE(launcher_->ids().empty());
  EXPECT_TRUE(fs::is_empty(root_ + "/cache/environments"));
  unsetenv("UV_DEFAULT_INDEX");
  setenv("UV_NO_INDEX", "1", 1);
  setenv("UV_FIND_LINKS", (root_ + "/wheels").c_str(), 1);
  made = ensure();
  EXPECT_TRUE(made.ok()) << made.error().message;
}

TEST_P(EnvironmentsTest, a_wrong_hash_and_an_absent_python_are_refused) {
  std::ofstream(root_ + "/lock.txt") << "tiny==1.0 --hash=sha256:" << std::string(64, '0') << "\n";
  auto made = ensure();
  ASSERT_FALSE(made.ok());
  EXPECT_THAT(made.error().message, testing::AnyOf(HasSubstr("ash mismatch"), HasSubstr("hash")))
      << made.error().detail;
  version_.python = "3.99";
  made = ensure();
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().kind, ErrorKind::unavailable);
  EXPECT_THAT(made.error().message, HasSubstr("no complete Python 3.99"));
  version_.requirements = "/no/such/lock";
  EXPECT_FALSE(ensure().ok());
}

TEST_P(EnvironmentsTest, those_who_ask_meanwhile_wait_for_the_same_making) {
  std::mutex mutex;
  std::condition_variable news;
  int ready = 0;
  for (int i = 0; i < 5; ++i) {
    environments_->ensure(version_, {}, [&](Outcome<Environment> outcome) {
      std::lock_guard lock(mutex);
      ready += outcome.ok() ? 1 : 0;
      news.notify_all();
    });
  }
  std::unique_lock lock(mutex);
  EXPECT_TRUE(news.wait_for(lock, 30s, [&] { return ready == 5; }));
  EXPECT_EQ(std::distance(fs::directory_iterator(root_ + "/cache/environments"), fs::directory_iterator()), 1);
}

TEST_P(EnvironmentsTest, what_was_left_half_made_is_cleared_up) {
  fs::create_directories(root_ + "/cache/environments/abc/tree");
  fs::create_directories(root_ + "/cache/making/abc/bin");
  reopen();
  EXPECT_FALSE(fs::exists(root_ + "/cache/environments/abc"));
  EXPECT_FALSE(fs::exists(root_ + "/cache/making/abc"));
}

// Another server that shares the cache makes it: a new one leaves that alone, and waits for it.
TEST_P(EnvironmentsTest, what_another_server_makes_is_left_to_it) {
  const auto hash = environment_hash(version_.requirements, version_.python, options_.sandbox);
  const EnvironmentFolder folder(root_ + "/cache/environments/" + *hash);
  auto lock = folder.try_lock();
  ASSERT_TRUE(lock && !folder.try_lock());
  fs::create_directories(folder.tree() + "/bin");
  reopen();
  EXPECT_TRUE(fs::exists(folder.tree() + "/bin"));
  auto made = std::async(std::launch::async, [&] { return ensure(); });
  while (environments_->progress(version_).message != "another server is making it") std::this_thread::sleep_for(1ms);
  EXPECT_EQ(made.wait_for(300ms), std::future_status::timeout);
  EXPECT_TRUE(fs::exists(folder.tree() + "/bin"));
  lock.reset();
  EXPECT_TRUE(made.get().ok());
}

TEST_P(EnvironmentsTest, the_package_cache_is_pruned_when_nobody_makes_anything_from_it) {
  const std::string packages = root_ + "/cache/making/packages", old = root_ + "/cache/packages.old";
  fs::create_directories(packages + "/wheels");
  {
    const auto lock = EnvironmentFolder(root_ + "/cache/environments/another-servers").try_lock();
    ASSERT_TRUE(environments_->prune({}, false).ok());
    EXPECT_TRUE(fs::exists(packages + "/wheels"));
  }
  ASSERT_TRUE(environments_->prune({}, false).ok());
  EXPECT_FALSE(fs::exists(packages));
  EXPECT_FALSE(fs::exists(old));
  fs::create_directories(old + "/left");
  reopen();
  EXPECT_FALSE(fs::exists(old));
}

TEST_P(EnvironmentsTest, its_end_stops_a_making) {
  std::promise<Outcome<Environment>> promise;
  environments_->ensure(version_, {}, [&](Outcome<Environment> outcome) { promise.set_value(std::move(outcome)); });
  environments_.reset();
  auto future = promise.get_future();
  ASSERT_EQ(future.wait_for(0s), std::future_status::ready);
  EXPECT_TRUE(launcher_->ids().empty());
}

}  // namespace
}  // namespace clary::runtimes
