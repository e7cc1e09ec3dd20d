// Closes large files whose name is gone beside the request that removed them: to free the pages and blocks of 256 MiB
// takes 50 ms, which no client should wait for. Owned by Blobs. Thread rule: close() from any thread.
// Invariant: at most `most_waiting` files wait; beyond that the caller's own thread closes.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>

#include "io/file.hpp"

namespace clary::objects {

class LastClose {
 public:
  LastClose();
  void close(io::File file);

 private:
  static constexpr std::size_t most_waiting = 64;
  void run(std::stop_token stop);

  std::mutex mutex_;
  std::condition_variable_any arrived_;
  std::deque<io::File> waiting_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace clary::objects
