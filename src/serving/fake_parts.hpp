// The parts that a test of this module gives itself: workers that are small HTTP servers on threads of this process, a launcher of
// them, and environments that are there at once. Tests only. Owned by the test. Thread rule: any thread.
// Invariant: fakes share nothing between their threads that is not guarded.
#pragma once

#include <atomic>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include "io/file.hpp"
#include "runtimes/environments.hpp"
#include "workers/launcher.hpp"

namespace clary::serving {

namespace fs = std::filesystem;

// A worker as the launcher would run it, but on threads. How it behaves is told by its model's environment:
// FAKE_START: "exit" ends at once with code 3, "silent" never listens, "deaf" listens but answers /ping with 500; else
// it serves. And by an invocation's body: "die" ends the worker, "close" closes the connection, "hang" never answers,
// "garbage" answers no HTTP, "fail <status> <text>", "huge <bytes>"; any other body is echoed, with the worker's id as
// custom attributes.
class FakeWorker : public workers::Worker, public std::enable_shared_from_this<FakeWorker> {
 public:
  FakeWorker(workers::WorkerSpec given, std::string home) : spec(std::move(given)), folder_(std::move(home)) {
    fs::create_directories(folder_ + "/ml");
    std::ofstream{output_path()};
  }
  ~FakeWorker() override { end({workers::Exit::Kind::lost, 0, 0}); }

  void start() {
    say("starting " + spec.id);
    auto how = spec.environment["FAKE_START"];
    if (how == "exit") {
      say("ImportError: no module named nonsense");
      return end({workers::Exit::Kind::exited, 3, 0});
    }
    if (how == "silent") return;
    deaf = how == "deaf";
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    // As the real one does, by a short path: the folder of a test may be long.
    auto path = folder_ + "/ml/worker.sock";
    int folder = ::open((folder_ + "/ml").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/worker.sock", folder);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener_, 16) != 0)
      std::abort();
    ::close(folder);
    threads_.emplace_back([this] { accept(); });
  }

  const std::string& id() const override { return spec.id; }
  std::string folder() const override { return folder_; }
  std::string output_path() const override { return folder_ + "/output"; }
  std::optional<workers::Exit> exit() const override {
    std::lock_guard lock(mutex_);
    return exit_;
  }
  void on_exit(std::function<void(workers::Exit)> callback) override {
    std::unique_lock lock(mutex_);
    if (!exit_) return callbacks_.push_back(std::move(callback));
    auto exit = *exit_;
    lock.unlock();
    callback(exit);
  }
  void stop(std::chrono::milliseconds) override { end({workers::Exit::Kind::exited, 0, 0}); }
  void kill() override { end({workers::Exit::Kind::signalled, 0, 9}); }
  workers::Usage usage() const override { return {}; }

  void say(const std::string& line) { std::ofstream(output_path(), std::ios::app) << line << '\n'; }

  // Ends it: its sockets are closed, and who asked is told.
  void end(workers::Exit exit) {
    std::vector<std::function<void(workers::Exit)>> told;
    {
      std::lock_guard lock(mutex_);
      if (exit_) return;
      exit_ = exit;
      told.swap(callbacks_);
      ending_ = true;
      if (listener_ >= 0) ::shutdown(listener_, SHUT_RDWR);
      for (int open : open_) ::shutdown(open, SHUT_RDWR);
    }
    for (auto& callback : told) callback(exit);
  }
  void join() {
    end({workers::Exit::Kind::lost, 0, 0});
    while (true) {
      std::thread thread;
      {
        std::lock_guard lock(mutex_);
        if (threads_.empty()) break;
        thread = std::move(threads_.front());  // the first is the one that makes the others
        threads_.pop_front();
      }
      thread.join();
    }
    if (listener_ >= 0) ::close(listener_);
    listener_ = -1;
  }

  workers::WorkerSpec spec;
  std::atomic<int> invocations{0}, connections{0};
  std::atomic<bool> deaf{false};

 private:
  void accept() {
    while (true) {
      int open = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (open < 0) return;
      std::lock_guard lock(mutex_);
      if (ending_) {
        ::close(open);
        return;
      }
      ++connections;
      open_.insert(open);
      threads_.emplace_back([this, open] { serve(open); });
    }
  }

  void serve(int open) {
    std::string pending;
    while (one(open, pending)) {
    }
    std::lock_guard lock(mutex_);
    open_.erase(open);
    ::close(open);
  }

  static bool more(int open, std::string& pending) {
    char buffer[65536];
    auto got = ::recv(open, buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    pending.append(buffer, static_cast<std::size_t>(got));
    return true;
  }
  static bool write(int open, std::string_view text) {
    while (!text.empty()) {
      auto sent = ::send(open, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  static std::string answer(int status, const std::string& fields, const std::string& body) {
    return fmt::format("HTTP/1.1 {} X\r\n{}Content-Length: {}\r\n\r\n{}", status, fields, body.size(), body);
  }

  bool one(int open, std::string& pending) {
    std::size_t end;
    while ((end = pending.find("\r\n\r\n")) == std::string::npos)
      if (!more(open, pending)) return false;
    std::string head = pending.substr(0, end + 2);
    pending.erase(0, end + 4);
    if (head.starts_with("GET /ping ")) return write(open, answer(deaf ? 500 : 200, "", ""));
    std::size_t length = 0;
    if (auto at = head.find("Content-Length: "); at != std::string::npos) length = std::stoul(head.substr(at + 16));
    while (pending.size() < length)
      if (!more(open, pending)) return false;
    std::string body = pending.substr(0, length);
    pending.erase(0, length);
    ++invocations;
    return behave(open, head, body);
  }

  bool behave(int open, const std::string& head, const std::string& body) {
    if (body == "die") {
      end({workers::Exit::Kind::exited, 1, 0});
      return false;
    }
    if (body == "close") return false;
    if (body == "hang") {
      char byte;
      return ::recv(open, &byte, 1, MSG_PEEK) > 0;
    }
    if (body == "garbage") return write(open, "this is no HTTP\r\n\r\n") && false;
    if (body == "head") return write(open, answer(200, "Content-Type: text/plain\r\n", head));
    if (body.starts_with("fail ")) return write(open, answer(std::stoi(body.substr(5, 3)), "", body.substr(9)));
    if (body.starts_with("huge ")) return write(open, answer(200, "", std::string(std::stoul(body.substr(5)), 'x')));
    if (body == "once") return write(open, answer(200, "", "once")) && false;  // closes without having said so
    return write(
        open, answer(200, "Content-Type: application/x-echo\r\nX-Amzn-SageMaker-Custom-Attributes: " + spec.id + "\r\n",
                     body));
  }

  std::string folder_;
  mutable std::mutex mutex_;
  std::optional<workers::Exit> exit_;
  std::vector<std::function<void(workers::Exit)>> callbacks_;
  bool ending_ = false;
  int listener_ = -1;
  std::set<int> open_;
  std::deque<std::thread> threads_;
};

// Its workers outlive the Endpoints that started them, as real ones outlive the server.
class FakeLauncher : public workers::Launcher {
 public:
  explicit FakeLauncher(std::string folder) : folder_(std::move(folder)) {}
  ~FakeLauncher() override {
    for (auto& [id, worker] : all_) worker->join();
  }

  Outcome<std::shared_ptr<workers::Worker>> start(const workers::WorkerSpec& spec) override {
    std::shared_ptr<FakeWorker> worker;
    {
      std::lock_guard lock(mutex_);
      ++starts;
      if (refuse) return make_error(ErrorKind::unavailable, "no process could be made");
      if (all_.contains(spec.id)) return internal("{} is there already", spec.id);
      worker = std::make_shared<FakeWorker>(spec, folder_ + "/" + spec.id);
      all_[spec.id] = worker;
    }
    worker->start();
    return std::shared_ptr<workers::Worker>(worker);
  }
  Outcome<std::shared_ptr<workers::Worker>> attach(const std::string& id) override {
    auto found = worker(id);
    if (!found) return make_error(ErrorKind::not_found, "no worker");
    return std::shared_ptr<workers::Worker>(found);
  }
  void remove(const std::string& id) override {
    auto found = worker(id);
    if (!found) return;
    found->join();
    fs::remove_all(found->folder());
    std::lock_guard lock(mutex_);
    all_.erase(id);
  }
  std::vector<std::string> ids() const override {
    std::lock_guard lock(mutex_);
    std::vector<std::string> ids;
    for (const auto& [id, worker] : all_) ids.push_back(id);
    return ids;
  }
  Outcome<unsigned> uid_of(const std::string&) override { return ::getuid(); }

  std::shared_ptr<FakeWorker> worker(const std::string& id) const {
    std::lock_guard lock(mutex_);
    auto found = all_.find(id);
    return found == all_.end() ? nullptr : found->second;
  }
  std::atomic<int> starts{0};
  std::atomic<bool> refuse{false};

 private:
  std::string folder_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<FakeWorker>> all_;
};

class FakeEnvironments : public runtimes::Environments {
 public:
  void ensure(const runtimes::Version& version, std::function<void(const std::string&)> progress,
              std::function<void(Outcome<runtimes::Environment>)> done) override {
    progress("made at once");
    std::lock_guard lock(mutex_);
    if (held) return waiting_.push_back([this, version, done] { done(result(version)); });
    done(result(version));
  }
  Outcome<runtimes::Pruned> prune(const std::vector<runtimes::Version>&, bool) override { return runtimes::Pruned{}; }
  runtimes::Progress progress(const runtimes::Version&) const override {
    return {runtimes::Progress::Stage::ready, ""};
  }
  void release() {
    std::lock_guard lock(mutex_);
    held = false;
    for (auto& waiting : waiting_) waiting();
    waiting_.clear();
  }
  bool held = false;
  std::string failure;

 private:
  Outcome<runtimes::Environment> result(const runtimes::Version& version) {
    if (!failure.empty()) return make_error(ErrorKind::unavailable, "{}", failure);
    runtimes::Environment environment;
    environment.version = version;
    environment.folder = "/env";
    environment.python = "/env/bin/python";
    return environment;
  }
  std::mutex mutex_;
  std::vector<std::function<void()>> waiting_;
};

}  // namespace clary::serving
