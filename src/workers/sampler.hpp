// Samples what the running workers use, every 250 ms, and kills those over their limits. Sleeps while there are none.
// Owned by the launcher. Thread rule: any thread; one thread of its own (reading a large folder must not delay the news
// of an end). Invariant: sampling takes at most about a twentieth of one CPU, however many processes there are, and a
// fiftieth for the files of each worker; how many files one has does not make the pauses longer for the others.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "workers/gpu_use.hpp"
#include "workers/usage.hpp"

namespace clary::workers {

class ProcessWorker;

class Sampler {
 public:
  explicit Sampler(std::uint64_t output_limit);
  ~Sampler();
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;
  void add(const std::shared_ptr<ProcessWorker>& worker);

 private:
  using Clock = std::chrono::steady_clock;
  struct Entry {
    std::weak_ptr<ProcessWorker> worker;
    std::uint64_t disk = 0;
    Clock::time_point next_disk;
  };
  void run();
  // Returns the time that the folders took.
  Clock::duration look(std::vector<Entry>& entries);
  static Clock::duration look_at_disk(const ProcessWorker& worker, const std::vector<ProcessSample>& tree,
                                      Entry& entry);
  void look_at_gpus(const std::vector<Entry>& entries);

  const std::uint64_t output_limit_;
  std::mutex mutex_;
  std::condition_variable news_;
  bool ending_ = false;
  std::vector<Entry> added_;
  GpuMeter meter_;
  std::map<int, GpuUse> gpus_;
  Clock::time_point next_gpus_;
  std::thread thread_;
};

}  // namespace clary::workers
