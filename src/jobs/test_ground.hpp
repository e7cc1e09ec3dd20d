// What the tests of training jobs stand on: a real store, log store, object store and slots in a temporary folder; a
// launcher whose workers do what the test tells them; and environments that are ready, or wait for the test's word.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <mutex>
#include <set>
#include <thread>
#include <unistd.h>

#include "jobs/test_objects.hpp"
#include "jobs/training_jobs.hpp"
#include "meta/data_points.hpp"
#include "meta/log_store.hpp"

namespace clary::jobs {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class FakeWorker : public workers::Worker {
 public:
  FakeWorker(std::string id, std::string folder) : id_(std::move(id)), folder_(std::move(folder)) {}
  const std::string& id() const override { return id_; }
  std::string folder() const override { return folder_; }
  std::string output_path() const override { return folder_ + "/output"; }
  std::optional<workers::Exit> exit() const override {
    std::lock_guard lock(mutex_);
    return exit_;
  }
  void on_exit(std::function<void(workers::Exit)> callback) override {
    {
      std::lock_guard lock(mutex_);
      if (!exit_) {
        callbacks_.push_back(std::move(callback));
        return;
      }
    }
    callback(*exit_);
  }
  void stop(std::chrono::milliseconds grace) override {
    {
      std::lock_guard lock(mutex_);
      stops.push_back(grace);
    }
    if (on_stop) on_stop();
  }
  void kill() override { end({workers::Exit::Kind::signalled, 0, 9}); }
  workers::Usage usage() const override { return {}; }

  void print(const std::string& text) { std::ofstream(output_path(), std::ios::app) << text << std::flush; }
  void write_file(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(folder_ + "/ml/" + path).parent_path());
    std::ofstream(folder_ + "/ml/" + path) << text;
  }
  std::string read_file(const std::string& path) {
    std::ifstream file(folder_ + "/ml/" + path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void end(workers::Exit exit) {
    std::vector<std::function<void(workers::Exit)>> callbacks;
    {
      std::lock_guard lock(mutex_);
      if (exit_) return;
      exit_ = exit;
      callbacks.swap(callbacks_);
    }
    for (auto& callback : callbacks) callback(exit);
  }
  void succeed() { end({workers::Exit::Kind::exited, 0, 0}); }
  std::size_t stop_count() const {
    std::lock_guard lock(mutex_);
    return stops.size();
  }

  workers::WorkerSpec spec;
  std::function<void()> on_stop;
  std::vector<std::chrono::milliseconds> stops;

 private:
  const std::string id_, folder_;
  mutable std::mutex mutex_;
  std::optional<workers::Exit> exit_;
  std::vector<std::function<void(workers::Exit)>> callbacks_;
};

class FakeLauncher : public workers::Launcher {
 public:
  explicit FakeLauncher(std::string folder) : folder_(std::move(folder)) { fs::create_directories(folder_); }

  Outcome<std::shared_ptr<workers::Worker>> start(const workers::WorkerSpec& spec) override {
    if (refuse && refuse(spec)) return make_error(ErrorKind::internal, "the launcher cannot");
    auto worker = std::make_shared<FakeWorker>(spec.id, folder_ + "/" + spec.id);
    worker->spec = spec;
    worker->on_stop = [weak = std::weak_ptr(worker)] {
      if (auto worker = weak.lock()) worker->end({workers::Exit::Kind::signalled, 0, 15});
    };
    std::ofstream(worker->output_path()).flush();
    if (on_start) on_start(*worker);
    std::lock_guard lock(mutex_);
    workers_[spec.id] = worker;
    change_.notify_all();
    return std::shared_ptr<workers::Worker>(worker);
  }
  Outcome<std::shared_ptr<workers::Worker>> attach(const std::string& id) override {
    if (before_attach) before_attach(id);
    std::lock_guard lock(mutex_);
    auto found = workers_.find(id);
    if (found == workers_.end()) return make_error(ErrorKind::not_found, "There is no worker {}.", id);
    return std::shared_ptr<workers::Worker>(found->second);
  }
  void remove(const std::string& id) override {
    if (before_remove) before_remove(id);
    std::shared_ptr<FakeWorker> worker;
    {
      std::lock_guard lock(mutex_);
      if (auto found = workers_.find(id); found != workers_.end()) worker = found->second;
      workers_.erase(id);
      fs::remove_all(folder_ + "/" + id);
      change_.notify_all();
    }
    if (worker) worker->kill();
  }
  std::vector<std::string> ids() const override {
    std::vector<std::string> ids;
    for (const auto& entry : fs::directory_iterator(folder_)) ids.push_back(entry.path().filename());
    return ids;
  }
  Outcome<unsigned> uid_of(const std::string&) override {
    if (before_inputs) before_inputs();
    return ::geteuid();
  }

  // The worker of this id once it was started; fails the test after 10 s.
  std::shared_ptr<FakeWorker> wait_for(const std::string& id) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(change_.wait_for(lock, 10s, [&] { return workers_.contains(id); })) << id << " was not started";
    return workers_[id];
  }
  bool wait_until_gone(const std::string& id) {
    std::unique_lock lock(mutex_);
    return change_.wait_for(lock, 10s, [&] { return !workers_.contains(id) && !fs::exists(folder_ + "/" + id); });
  }
  void lose(const std::string& id) {
    std::lock_guard lock(mutex_);
    workers_.erase(id);
  }

  std::function<void(FakeWorker&)> on_start;
  std::function<bool(const workers::WorkerSpec&)> refuse;
  std::function<void()> before_inputs;
  std::function<void(const std::string& id)> before_attach, before_remove;

 private:
  const std::string folder_;
  mutable std::mutex mutex_;
  std::condition_variable change_;
  std::map<std::string, std::shared_ptr<FakeWorker>> workers_;
};

class FakeEnvironments : public runtimes::Environments {
 public:
  using Done = std::function<void(Outcome<runtimes::Environment>)>;
  void ensure(const runtimes::Version& version, std::function<void(const std::string&)> progress, Done done) override {
    runtimes::Environment environment;
    environment.version = version;
    environment.folder = "/env";
    environment.python = python;
    {
      std::lock_guard lock(mutex_);
      if (held) {
        waiting_.push_back({std::move(progress), std::move(done), environment});
        change_.notify_all();
        return;
      }
    }
    done(environment);
  }
  Outcome<runtimes::Pruned> prune(const std::vector<runtimes::Version>&, bool) override { return runtimes::Pruned{}; }
  runtimes::Progress progress(const runtimes::Version&) const override { return {}; }
  struct Waiting {
    std::function<void(const std::string&)> progress;
    Done done;
    runtimes::Environment environment;
  };
  Waiting next() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(change_.wait_for(lock, 10s, [&] { return !waiting_.empty(); }));
    Waiting waiting = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    return waiting;
  }
  bool held = false;
  std::string python = "/env/bin/python";

 private:
  std::mutex mutex_;
  std::condition_variable change_;
  std::vector<Waiting> waiting_;
};

// The schemas of records, logs, data points and objects.
inline std::vector<meta::Migration> all_migrations() {
  std::vector<meta::Migration> migrations;
  for (const auto* list : {&meta::record_migrations, &meta::log_migrations, &meta::data_point_migrations, &objects::object_migrations})
    migrations.insert(migrations.end(), list->begin(), list->end());
  return migrations;
}

class Ground : public ObjectGround {
 protected:
  Ground() : ObjectGround(all_migrations()), logs(std::make_unique<meta::LogStore>(store, clock)) {}

  std::unique_ptr<meta::LogStore> logs;
};

}  // namespace clary::jobs
