// The one writer of the embedded store: takes all waiting writes, runs each in a savepoint, commits them together and
// wakes their callers. A lone write never waits for company, nor for another thread: its caller commits it, without a savepoint, since two
// hand-overs between threads cost as much as a quick disk's flush. Groups form while a commit is under way, and are its own thread's. Owned by the store.
// Thread rule: write() from any thread, but not within a write. Invariant: one thread at a time has the connection, and a caller is told of
// success only after the commit that holds its write is on disk.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/outcome.hpp"
#include "meta/sqlite_connection.hpp"

namespace clary::meta {

class GroupWriter {
 public:
  using Work = std::function<bool(Session&)>;  // false: roll this one back

  GroupWriter(std::unique_ptr<Connection> connection, std::size_t queue, std::chrono::milliseconds timeout);
  ~GroupWriter();  // finishes what is queued
  GroupWriter(const GroupWriter&) = delete;
  GroupWriter& operator=(const GroupWriter&) = delete;

  Outcome<void> write(const Work& work);
  // Nobody has the connection, and nobody waits for it.
  bool is_free() const;
  // On this thread a write is running.
  bool within_write() const;

 private:
  struct Pending {
    const Work& work;
    bool running = false;      // taken from the queue
    bool rolled_back = false;  // its own doing: the fate of the group does not concern it
    std::optional<Error> error;
    // Of its own, so that those who are woken together do not queue up for one lock.
    std::mutex mutex;
    std::condition_variable woken;
    bool done = false;
  };
  using Group = std::vector<Pending*>;

  bool leave_queue(Pending& pending);  // false: it has been taken from it
  void loop();
  bool nothing_waits() const { return !taken_ && queue_.empty() && !checkpoint_due_; }
  bool anything_to_do() const { return !taken_ && (stopping_ || checkpoint_due_ || !queue_.empty()); }
  void commit_group(const Group& group);
  Outcome<void> run_group(const Group& group);
  Outcome<void> run_work(Pending& pending);

  std::unique_ptr<Connection> connection_;
  const std::size_t limit_;
  const std::chrono::milliseconds timeout_;
  mutable std::mutex mutex_;
  std::condition_variable work_, room_;
  std::deque<Pending*> queue_;
  bool taken_ = false;  // the connection, by one who commits
  bool checkpoint_due_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace clary::meta
