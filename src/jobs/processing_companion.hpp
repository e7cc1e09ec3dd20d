// Keeps the Continuous outputs of one host up to date while it works. Owned by the machine. A thread of its own looks at
// the folders, the longer between two looks the longer one takes. Thread rule: made, finished and destroyed by one
// thread at a time. Invariant: when it is finished or gone, nothing of it uses the outputs any more: the last look is
// the task's upload, which shares them.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "jobs/job_kind.hpp"
#include "jobs/processing_outputs.hpp"

namespace clary::jobs {

class ContinuousOutputs : public Companion {
 public:
  ContinuousOutputs(std::shared_ptr<ProcessingOutputs> outputs, std::string job, std::chrono::milliseconds pause);
  ~ContinuousOutputs() override;
  Outcome<void> finish(const std::function<bool()>& cancelled) override;

 private:
  void run();
  void end_thread();

  const std::shared_ptr<ProcessingOutputs> outputs_;
  const std::string job_;  // for the log
  const std::chrono::milliseconds pause_;
  std::atomic<bool> ending_{false};
  std::mutex mutex_;
  std::condition_variable change_;
  std::thread thread_;
};

}  // namespace clary::jobs
