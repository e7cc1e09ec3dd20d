#include "workers/process_worker.hpp"

#include <algorithm>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "workers/cgroups.hpp"
#include "workers/watch.hpp"

namespace clary::workers {

namespace {

void say(const WorkerFolder& folder, const std::string& why) {
  if (auto output = io::File::open(folder.output(), O_WRONLY | O_APPEND))
    (void)output->write_all("clary: killed: " + why + "\n");
}

}  // namespace

Exit how_it_ended(const WorkerFolder& folder, const WorkerRecord& record, Usage& usage) {
  const Exit exit = folder.read_exit(usage);
  const bool by_kernel =
      exit.kind == Exit::Kind::lost || (exit.kind == Exit::Kind::signalled && exit.signal == SIGKILL);
  if (!by_kernel || folder.says_killed() || !ran_out_of_memory(record.cgroup)) return exit;
  const Exit memory{Exit::Kind::out_of_memory, 0, SIGKILL};
  // What clary-init wrote would be believed first.
  ::unlink(folder.at("exit").c_str());
  folder.keep_killed(memory);
  say(folder, fmt::format("it used more memory than its limit of {} MiB", record.limits.memory >> 20));
  return memory;
}

ProcessWorker::ProcessWorker(std::string id, WorkerFolder folder, WorkerRecord record, io::File process,
                             std::weak_ptr<Watch> watch)
    : id_(std::move(id)),
      folder_(std::move(folder)),
      record_(std::move(record)),
      process_(std::move(process)),
      watch_(std::move(watch)) {}

ProcessWorker::ProcessWorker(std::string id, WorkerFolder folder, WorkerRecord record, Exit exit, Usage usage)
    : id_(std::move(id)), folder_(std::move(folder)), record_(std::move(record)), exit_(exit), usage_(usage) {}

std::optional<Exit> ProcessWorker::exit() const {
  std::lock_guard lock(mutex_);
  return exit_;
}

void ProcessWorker::on_exit(std::function<void(Exit)> callback) {
  {
    std::lock_guard lock(mutex_);
    if (!exit_) {
      callbacks_.push_back(std::move(callback));
      return;
    }
  }
  callback(*exit());
}

void ProcessWorker::stop(std::chrono::milliseconds grace) {
  if (exit()) return;
  io::send_signal(process_, SIGTERM);
  if (auto watch = watch_.lock()) {
    watch->kill_after(shared_from_this(), grace);
  } else {
    kill();
  }
}

void ProcessWorker::kill() {
  kill_as({Exit::Kind::signalled, 0, SIGKILL}, {});
}

void ProcessWorker::kill_as(const Exit& exit, const std::string& why) {
  {
    std::lock_guard lock(mutex_);
    if (exit_) return;
    if (!killed_) {
      killed_ = true;
      // Before the signal: a server that dies in between must find the reason.
      folder_.keep_killed(exit);
      if (!why.empty()) say(folder_, why);
    }
  }
  // In a sandbox it is pid 1, whose end takes all along; without one it must do that itself first.
  io::send_signal(process_, record_.sandboxed ? SIGKILL : SIGUSR1);
}

void ProcessWorker::sampled(const Usage& usage) {
  std::lock_guard lock(mutex_);
  if (exit_) return;
  usage_.cpu_seconds = std::max(usage_.cpu_seconds, usage.cpu_seconds);
  usage_.memory = usage.memory;
  usage_.peak_memory = std::max(usage_.peak_memory, usage.memory);
  usage_.disk = usage.disk;
  usage_.gpu_percent = usage.gpu_percent;
  usage_.gpu_memory = usage.gpu_memory;
  usage_.peak_gpu_memory = std::max(usage_.peak_gpu_memory, usage.gpu_memory);
}

Usage ProcessWorker::usage() const {
  std::lock_guard lock(mutex_);
  return usage_;
}

void ProcessWorker::ended() {
  std::vector<std::function<void(Exit)>> callbacks;
  Exit exit;
  {
    std::lock_guard lock(mutex_);
    if (exit_) return;
    exit = how_it_ended(folder_, record_, usage_);
    usage_.memory = usage_.gpu_memory = 0;
    usage_.gpu_percent = 0;
    exit_ = exit;
    callbacks.swap(callbacks_);
  }
  for (const auto& callback : callbacks) callback(exit);
}

}  // namespace clary::workers
