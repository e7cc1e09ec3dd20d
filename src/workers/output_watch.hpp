// One thread and one inotify for all files that are followed: a file that grows gets a turn, at most every 10 ms.
// Shared by the followers; the last one ends it. Thread rule: any thread. Invariant: an idle file costs nothing.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "io/file.hpp"

namespace clary::workers {

class Followed {
 public:
  // Until it grows; at once; in a moment (its sink refused, or it is not there yet).
  enum class Next { idle, again, later };
  virtual ~Followed() = default;
  virtual const std::string& path() const = 0;
  virtual Next turn() = 0;
};

class OutputWatch {
 public:
  static std::shared_ptr<OutputWatch> shared();
  OutputWatch();
  ~OutputWatch();
  OutputWatch(const OutputWatch&) = delete;
  OutputWatch& operator=(const OutputWatch&) = delete;

  void add(std::shared_ptr<Followed> file);
  void remove(const Followed* file);

 private:
  using Instant = std::chrono::steady_clock::time_point;
  struct Entry {
    std::shared_ptr<Followed> file;
    int watch = -1;              // inotify's number; -1: it is looked at again and again
    std::optional<Instant> due;  // its next turn
    Instant last;
  };
  void run();
  int wait_ms();
  void read_events();
  void give_turns();
  void wake();

  const io::File inotify_, event_;
  std::mutex mutex_;
  bool ending_ = false;
  std::vector<Entry> entries_;
  std::thread thread_;
};

}  // namespace clary::workers
