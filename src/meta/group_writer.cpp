#include "meta/group_writer.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/metrics.hpp"
#include "meta/log.hpp"

namespace clary::meta {
namespace {

metrics::Counter writes_{"clary_meta_writes_total", "Write transactions that were committed or rolled back."};
metrics::Counter commits_{"clary_meta_commits_total", "Group commits to the metadata store."};
metrics::Histogram commit_seconds_{"clary_meta_commit_seconds", "Time to run and commit one group of writes."};

// Enough to make the disk's flush cheap, few enough that the first of a group does not wait long for the last.
constexpr std::size_t max_group = 256;

thread_local const GroupWriter* within_ = nullptr;

Error too_busy() {
  return make_error(ErrorKind::unavailable, "The metadata store is busy. Please retry your request.");
}

}  // namespace

GroupWriter::GroupWriter(std::unique_ptr<Connection> connection, std::size_t queue, std::chrono::milliseconds timeout)
    : connection_(std::move(connection)),
      limit_(std::max<std::size_t>(queue, 1)),
      timeout_(timeout),
      thread_([this] { loop(); }) {}

GroupWriter::~GroupWriter() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  thread_.join();
}

Outcome<void> GroupWriter::write(const Work& work) {
  const auto deadline = std::chrono::steady_clock::now() + timeout_;
  Pending mine{work};
  {
    std::unique_lock lock(mutex_);
    if (!room_.wait_until(lock, deadline, [&] { return queue_.size() < limit_; })) return too_busy();
    if (nothing_waits()) {
      taken_ = true;
      lock.unlock();
      commit_group({&mine});
      lock.lock();
      checkpoint_due_ = connection_->checkpoint_due();
      taken_ = false;
      if (anything_to_do()) work_.notify_one();
      lock.unlock();
      if (mine.error) return *std::move(mine.error);
      return {};
    }
    queue_.push_back(&mine);  // who has the connection gives it back to the thread, which is awake where the queue was not empty
  }
  auto is_done = [&] { return mine.done; };
  std::unique_lock own(mine.mutex);
  if (!mine.woken.wait_until(own, deadline, is_done)) {
    own.unlock();
    if (leave_queue(mine)) return too_busy();
    // It has begun: what it did is known only when its group has ended.
    own.lock();
    mine.woken.wait(own, is_done);
  }
  if (mine.error) return *std::move(mine.error);
  return {};
}

bool GroupWriter::leave_queue(Pending& pending) {
  std::lock_guard lock(mutex_);
  if (pending.running) return false;
  std::erase(queue_, &pending);
  room_.notify_one();
  return true;
}

bool GroupWriter::is_free() const {
  std::lock_guard lock(mutex_);
  return nothing_waits();
}

bool GroupWriter::within_write() const { return within_ == this; }

void GroupWriter::loop() {
  Group group;
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [&] { return anything_to_do(); });
    if (stopping_ && queue_.empty()) return;
    taken_ = true;
    group.clear();
    while (!queue_.empty() && group.size() < max_group) {
      group.push_back(queue_.front());
      queue_.pop_front();
      group.back()->running = true;
    }
    room_.notify_all();
    lock.unlock();
    if (!group.empty()) commit_group(group);
    for (Pending* pending : group) {
      // Notified under the lock: it lives on its caller's stack and may be gone as soon as the lock is.
      std::lock_guard own(pending->mutex);
      pending->done = true;
      pending->woken.notify_one();
    }
    if (connection_->checkpoint_due()) connection_->checkpoint();
    lock.lock();
    checkpoint_due_ = false;
    taken_ = false;
  }
}

void GroupWriter::commit_group(const Group& group) {
  const auto begun = std::chrono::steady_clock::now();
  const auto* around = std::exchange(within_, this);
  auto done = run_group(group);
  within_ = around;
  if (!done) {
    if (connection_->in_transaction()) {
      if (auto undone = connection_->run("ROLLBACK"); !undone) log_.error("rollback failed: {}", undone.error().detail);
    }
    log_.error("a commit of {} writes failed: {}", group.size(), done.error().detail);
    for (Pending* pending : group) {
      if (!pending->rolled_back) pending->error = done.error();
    }
  }
  writes_.add(group.size());
  commits_.add();
  commit_seconds_.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
}

// An Error from here is one of the whole group.
Outcome<void> GroupWriter::run_group(const Group& group) {
  CHECK_OK(connection_->run("BEGIN IMMEDIATE"));
  if (group.size() == 1) {  // the transaction is its own: a savepoint would keep a copy of each page it changes
    CHECK_OK(run_work(*group.front()));
    CHECK_OK(connection_->run(group.front()->rolled_back ? "ROLLBACK" : "COMMIT"));
    return {};
  }
  for (Pending* pending : group) {
    CHECK_OK(connection_->run("SAVEPOINT one"));
    CHECK_OK(run_work(*pending));
    if (pending->rolled_back) CHECK_OK(connection_->run("ROLLBACK TO one"));
    CHECK_OK(connection_->run("RELEASE one"));
  }
  CHECK_OK(connection_->run("COMMIT"));
  return {};
}

Outcome<void> GroupWriter::run_work(Pending& pending) {
  bool keep = false;
  try {
    keep = pending.work(*connection_);
  } catch (const std::exception& thrown) {
    pending.error = internal("exception in a write: {}", thrown.what());
  } catch (...) {
    pending.error = internal("exception in a write");
  }
  pending.rolled_back = !keep;
  if (connection_->in_transaction()) return {};
  // A full disk or an I/O error makes SQLite roll back all of the transaction by itself, with what the others of the
  // group did.
  Error error = too_busy();
  error.detail = "the transaction was rolled back by a fault in one of its writes";
  return error;
}

}  // namespace clary::meta
