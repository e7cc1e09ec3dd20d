#include "workers/watch.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "workers/process_worker.hpp"

namespace clary::workers {
namespace {

constexpr std::uint64_t wake_key = 0;

void watch_fd(const io::File& epoll, int fd, std::uint64_t key) {
  epoll_event event{EPOLLIN, {.u64 = key}};
  epoll_ctl(epoll.fd(), EPOLL_CTL_ADD, fd, &event);
}

}  // namespace

Watch::Watch() : epoll_(epoll_create1(EPOLL_CLOEXEC)), event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  watch_fd(epoll_, event_.fd(), wake_key);
  thread_ = std::thread([this] { run(); });
}

void Watch::end() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake();
  thread_.join();
}

void Watch::wake() {
  const std::uint64_t one = 1;
  (void)!::write(event_.fd(), &one, sizeof one);
}

void Watch::add(std::shared_ptr<ProcessWorker> worker) {
  std::lock_guard lock(mutex_);
  const int fd = worker->process().fd();
  const std::uint64_t key = next_key_++;
  workers_.emplace(key, std::move(worker));
  watch_fd(epoll_, fd, key);
}

void Watch::reap(pid_t child) {
  std::lock_guard lock(mutex_);
  io::File process(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  if (!process) return;
  const int fd = process.fd();
  const std::uint64_t key = next_key_++;
  children_.emplace(key, Child{child, std::move(process)});
  watch_fd(epoll_, fd, key);
}

void Watch::kill_after(std::shared_ptr<ProcessWorker> worker, std::chrono::milliseconds grace) {
  {
    std::lock_guard lock(mutex_);
    deadlines_.emplace(std::chrono::steady_clock::now() + grace, worker);
  }
  wake();
}

int Watch::wait_ms() {
  if (deadlines_.empty()) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadlines_.begin()->first - std::chrono::steady_clock::now())
          .count();
  return static_cast<int>(std::clamp<long long>(left, 0, 3600 * 1000));
}

void Watch::kill_late() {
  std::vector<std::shared_ptr<ProcessWorker>> late;
  {
    std::lock_guard lock(mutex_);
    const auto end = deadlines_.upper_bound(std::chrono::steady_clock::now());
    for (auto at = deadlines_.begin(); at != end; at = deadlines_.erase(at)) {
      if (auto worker = at->second.lock()) late.push_back(std::move(worker));
    }
  }
  for (const auto& worker : late) worker->kill();
}

void Watch::handle(std::uint64_t key) {
  if (key == wake_key) {
    std::uint64_t count = 0;
    (void)!::read(event_.fd(), &count, sizeof count);
    return;
  }
  std::shared_ptr<ProcessWorker> worker;
  {
    std::lock_guard lock(mutex_);
    if (auto child = children_.find(key); child != children_.end()) {
      while (waitpid(child->second.pid, nullptr, 0) < 0 && errno == EINTR) {
      }
      children_.erase(child);
      return;
    }
    auto found = workers_.find(key);
    if (found == workers_.end()) return;
    worker = std::move(found->second);
    workers_.erase(found);
    epoll_ctl(epoll_.fd(), EPOLL_CTL_DEL, worker->process().fd(), nullptr);
  }
  worker->ended();
}

void Watch::run() {
  std::vector<epoll_event> events(64);
  while (true) {
    int timeout = 0;
    {
      std::lock_guard lock(mutex_);
      if (ending_) return;
      timeout = wait_ms();
    }
    const int ready = epoll_wait(epoll_.fd(), events.data(), static_cast<int>(events.size()), timeout);
    for (int i = 0; i < ready; ++i) handle(events[static_cast<std::size_t>(i)].data.u64);
    kill_late();
  }
}

}  // namespace clary::workers
