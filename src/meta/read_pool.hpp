// The connections that read, opened when they are first needed; the one used last is used next, so that a quiet server
// keeps few warm. Owned by the store. Thread rule: any thread. Invariant: at most `limit` are open; a connection is in
// one hand at a time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "meta/sqlite_connection.hpp"

namespace clary::meta {

class ReadPool {
 public:
  ReadPool(std::string path, unsigned limit, std::chrono::milliseconds timeout);

  // Runs `work` in a read transaction on one of the connections; waits for one at most `timeout`.
  Outcome<void> read(const std::function<void(Session&)>& work);

 private:
  Outcome<std::unique_ptr<Connection>> take();
  void give_back(std::unique_ptr<Connection> connection);  // null: it could not be opened or is broken

  const std::string path_;
  const unsigned limit_;
  const std::chrono::milliseconds timeout_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Connection>> idle_;
  unsigned open_ = 0;
};

}  // namespace clary::meta
