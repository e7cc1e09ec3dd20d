// What the tests of launchers stand on: a launcher over a folder of its own, as root and as an ordinary user.
// Owned by the test. Thread rule: one thread. Invariant: a host that goes out of scope leaves no worker and no folder.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.hpp"
#include "io/process.hpp"
#include "workers/process_launcher.hpp"
#include "workers/usage.hpp"

namespace clary::workers {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

enum class Mode { root, user };

// The tests of a mode run in a child of that user, so that root checks both ways of making a sandbox.
inline void run_as(Mode mode, const std::function<void()>& body) {
  if (mode == Mode::root && geteuid() != 0) GTEST_SKIP() << "needs root: the other half of these tests ran";
  if (mode == Mode::root || geteuid() != 0) return body();
  fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    if (setgid(64321) != 0 || setuid(64321) != 0) _exit(3);
    body();
    fflush(nullptr);
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0) << "failed as an ordinary user, see above";
}

// A launcher over a folder of its own; the folder outlives it where a test opens a second one.
struct Host {
  std::string root = "/tmp/clary-workers-" + random_alphanumeric(8);
  LauncherOptions options;
  std::unique_ptr<Launcher> launcher;

  explicit Host(bool sandbox = true) {
    fs::create_directories(root + "/run");
    chmod(root.c_str(), 0700);
    // The build folder need not be open to the ordinary user.
    fs::copy_file(io::program_folder() + "/clary-init", root + "/clary-init");
    options.folder = root + "/workers";
    options.socket = root + "/run/clary.sock";
    options.port = 9080;
    options.init = root + "/clary-init";
    options.sandbox = sandbox;
    reopen();
  }
  ~Host() {
    if (launcher) {
      for (const auto& id : launcher->ids()) launcher->remove(id);
    }
    fs::remove_all(root);
  }
  void reopen() {
    launcher.reset();
    auto opened = open_process_launcher(options);
    ASSERT_TRUE(opened.ok()) << opened.error().message << opened.error().detail;
    launcher = std::move(*opened);
  }
  static WorkerSpec shell(const std::string& id, const std::string& script) {
    WorkerSpec spec;
    spec.id = id;
    spec.command = {"/bin/bash", "-c", script};
    return spec;
  }
  std::shared_ptr<Worker> start(const WorkerSpec& spec) {
    auto worker = launcher->start(spec);
    EXPECT_TRUE(worker.ok()) << worker.error().message << ": " << worker.error().detail;
    return worker ? *worker : nullptr;
  }
};

inline std::optional<Exit> wait_for(const std::shared_ptr<Worker>& worker, std::chrono::milliseconds timeout = 60s) {
  struct Shared {
    std::mutex mutex;
    std::condition_variable news;
    std::optional<Exit> exit;
  };
  auto shared = std::make_shared<Shared>();
  worker->on_exit([shared](Exit exit) {
    std::lock_guard lock(shared->mutex);
    shared->exit = exit;
    shared->news.notify_all();
  });
  std::unique_lock lock(shared->mutex);
  shared->news.wait_for(lock, timeout, [&] { return shared->exit.has_value(); });
  return shared->exit;
}

inline std::string output_of(const std::shared_ptr<Worker>& worker) {
  return io::read_file(worker->output_path()).value();
}

// Starts the script, waits for its end, and returns what it wrote.
inline std::string run(Host& host, const WorkerSpec& spec, Exit* exit = nullptr) {
  auto worker = host.start(spec);
  if (!worker) return "did not start";
  auto ended = wait_for(worker);
  EXPECT_TRUE(ended.has_value()) << "still running";
  if (exit && ended) *exit = *ended;
  return output_of(worker);
}

inline bool any_process_says(const std::string& marker) {
  for (const auto& [parent, children] : scan_processes()) {
    for (const auto& process : children) {
      auto line = io::read_file(fmt::format("/proc/{}/cmdline", process.pid));
      if (line && process.pid != getpid() && line->find(marker) != std::string::npos) return true;
    }
  }
  return false;
}

}  // namespace clary::workers
