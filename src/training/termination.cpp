#include "training/termination.hpp"

#include <csignal>
#include <thread>
#include <unistd.h>
#include <utility>

#include "training/checkpoint_files.hpp"

namespace clary::training {

Termination& Termination::watch() {
  static auto* const only = [] {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    auto* made = new Termination;  // outlives its thread, which ends with the process
    std::thread([made] { made->wait(); }).detach();
    return made;
  }();
  return *only;
}

void Termination::end_between_rounds() {
  std::lock_guard lock(mutex_);
  at_once_ = false;
}

void Termination::give_it_time(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  told_.wait_for(lock, time, [this] { return asked_.load(); });
}

void Termination::keep(std::string path, std::string model) {
  std::lock_guard lock(mutex_);
  path_ = std::move(path);
  model_ = std::move(model);
}

Outcome<void> Termination::write_last(const std::string& path, std::string_view model) {
  std::lock_guard lock(mutex_);
  path_.clear();
  return write_output(path, model);
}

void Termination::wait() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  int number = 0;
  while (true) {
    sigwait(&signals, &number);
    std::lock_guard lock(mutex_);
    asked_ = true;
    told_.notify_all();
    if (!at_once_) continue;
    if (!path_.empty()) (void)write_output(path_, model_);
    ::_exit(0);
  }
}

}  // namespace clary::training
