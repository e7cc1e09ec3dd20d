// SIGTERM, as StopTrainingJob and the time limit send it. Until the first iteration it ends the process. Then the training
// looks for it between two iterations. A host of several cannot: the others may have gone, and an iteration that waits for
// them never ends; there the thread that waits for the signal writes what was kept last, and ends the process. Owned by main. Thread rule: any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/outcome.hpp"

namespace clary::training {

class Termination {
 public:
  // From here on the signal is this object's, in every thread that starts later too. There is one in a process.
  static Termination& watch();

  bool asked() const { return asked_; }
  // From now on the training ends the process, when it is asked(); until then the signal does so at once, with 0.
  void end_between_rounds();
  // Returns after `time`: what looks like a fault may be that the others have been told to end, and this host is next.
  void give_it_time(std::chrono::milliseconds time);
  // What is written then.
  void keep(std::string path, std::string model);
  // The model itself, once: nothing is written by the signal any more.
  Outcome<void> write_last(const std::string& path, std::string_view model);

 private:
  Termination() = default;
  void wait();

  std::atomic<bool> asked_ = false;
  std::mutex mutex_;
  std::condition_variable told_;
  bool at_once_ = true;
  std::string path_, model_;
};

}  // namespace clary::training
