#include "meta/read_pool.hpp"

#include <algorithm>
#include <exception>

namespace clary::meta {

ReadPool::ReadPool(std::string path, unsigned limit, std::chrono::milliseconds timeout)
    : path_(std::move(path)), limit_(std::max(limit, 1U)), timeout_(timeout) {}

Outcome<void> ReadPool::read(const std::function<void(Session&)>& work) {
  TRY(auto connection, take());
  if (auto begun = connection->run("BEGIN"); !begun) {
    give_back(nullptr);
    return std::move(begun).error();
  }
  Outcome<void> done;
  try {
    work(*connection);
  } catch (const std::exception& thrown) {
    done = internal("exception in a read: {}", thrown.what());
  } catch (...) {
    done = internal("exception in a read");
  }
  // A fault may have ended the transaction already; one that cannot be ended costs us the connection.
  bool ended = !connection->in_transaction() || connection->run("COMMIT").ok();
  give_back(ended ? std::move(connection) : nullptr);
  return done;
}

Outcome<std::unique_ptr<Connection>> ReadPool::take() {
  std::unique_lock lock(mutex_);
  if (!freed_.wait_for(lock, timeout_, [&] { return !idle_.empty() || open_ < limit_; })) {
    return make_error(ErrorKind::unavailable, "The metadata store is busy. Please retry your request.");
  }
  if (!idle_.empty()) {
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }
  ++open_;
  lock.unlock();
  auto opened = Connection::open(path_, Connection::Role::reader, true);
  if (!opened) give_back(nullptr);
  return opened;
}

void ReadPool::give_back(std::unique_ptr<Connection> connection) {
  std::lock_guard lock(mutex_);
  if (connection) {
    idle_.push_back(std::move(connection));
  } else {
    --open_;
  }
  freed_.notify_one();
}

}  // namespace clary::meta
