#include "workers/output_watch.hpp"

#include <algorithm>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>
#include <unordered_set>

namespace clary::workers {
namespace {

using namespace std::chrono_literals;
constexpr auto between_turns = 10ms;
constexpr auto in_a_moment = 50ms;
constexpr auto unwatched = 20ms;

}  // namespace

std::shared_ptr<OutputWatch> OutputWatch::shared() {
  static std::mutex mutex;
  static std::weak_ptr<OutputWatch> current;
  std::lock_guard lock(mutex);
  auto watch = current.lock();
  if (!watch) current = watch = std::make_shared<OutputWatch>();
  return watch;
}

OutputWatch::OutputWatch()
    : inotify_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)), event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  thread_ = std::thread([this] { run(); });
}

OutputWatch::~OutputWatch() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake();
  thread_.join();
}

void OutputWatch::wake() {
  const std::uint64_t one = 1;
  (void)!::write(event_.fd(), &one, sizeof one);
}

void OutputWatch::add(std::shared_ptr<Followed> file) {
  {
    std::lock_guard lock(mutex_);
    Entry entry;
    // Watched first, read after: what comes in between is seen by one of the two.
    if (inotify_) entry.watch = inotify_add_watch(inotify_.fd(), file->path().c_str(), IN_MODIFY);
    entry.file = std::move(file);
    entry.due = std::chrono::steady_clock::now();
    entries_.push_back(std::move(entry));
  }
  wake();
}

void OutputWatch::remove(const Followed* file) {
  std::lock_guard lock(mutex_);
  auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.file.get() == file; });
  if (found == entries_.end()) return;
  const int watch = found->watch;
  entries_.erase(found);
  // Two followers of one file share inotify's number.
  const bool shared =
      std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.watch == watch; });
  if (watch >= 0 && !shared) inotify_rm_watch(inotify_.fd(), watch);
}

int OutputWatch::wait_ms() {
  std::optional<Instant> first;
  for (const Entry& entry : entries_) {
    if (entry.due && (!first || *entry.due < *first)) first = entry.due;
  }
  if (!first) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*first - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::max<long long>(left, 0));
}

void OutputWatch::read_events() {
  alignas(inotify_event) char buffer[16384];
  std::unordered_set<int> grown;
  bool lost = false;
  for (ssize_t got; (got = ::read(inotify_.fd(), buffer, sizeof buffer)) > 0;) {
    for (ssize_t at = 0; at < got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      if (event->mask & IN_Q_OVERFLOW) lost = true;
      grown.insert(event->wd);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
  }
  const auto now = std::chrono::steady_clock::now();
  for (Entry& entry : entries_) {
    if (!entry.due && (lost || grown.contains(entry.watch))) entry.due = std::max(now, entry.last + between_turns);
  }
}

void OutputWatch::give_turns() {
  std::vector<std::shared_ptr<Followed>> due;
  {
    std::lock_guard lock(mutex_);
    read_events();
    const auto now = std::chrono::steady_clock::now();
    for (Entry& entry : entries_) {
      if (!entry.due || *entry.due > now) continue;
      entry.due.reset();
      due.push_back(entry.file);
    }
  }
  for (const auto& file : due) {
    const Followed::Next next = file->turn();
    std::lock_guard lock(mutex_);
    auto entry =
        std::find_if(entries_.begin(), entries_.end(), [&](const Entry& candidate) { return candidate.file == file; });
    if (entry == entries_.end()) continue;
    const auto now = std::chrono::steady_clock::now();
    entry->last = now;
    if (next == Followed::Next::again) entry->due = now;
    if (next == Followed::Next::later) entry->due = now + in_a_moment;
    if (next == Followed::Next::idle && entry->watch < 0) entry->due = now + unwatched;
  }
}

void OutputWatch::run() {
  while (true) {
    int timeout = 0;
    {
      std::lock_guard lock(mutex_);
      if (ending_) return;
      timeout = wait_ms();
    }
    pollfd entries[2] = {{event_.fd(), POLLIN, 0}, {inotify_.fd(), POLLIN, 0}};
    poll(entries, inotify_ ? 2 : 1, timeout);
    std::uint64_t count = 0;
    (void)!::read(event_.fd(), &count, sizeof count);
    give_turns();
  }
}

}  // namespace clary::workers
