#include "jobs/processing_companion.hpp"

#include <algorithm>
#include <system_error>

#include "jobs/log.hpp"


namespace clary::jobs {

namespace {

// A look is to take no more than a tenth of the time, and a file is to be there within a minute all the same.
constexpr int rest_for_a_look = 9;
constexpr std::chrono::milliseconds longest_pause{60000};

}  // namespace

ContinuousOutputs::ContinuousOutputs(std::shared_ptr<ProcessingOutputs> outputs, std::string job,
                                     std::chrono::milliseconds pause)
    : outputs_(std::move(outputs)), job_(std::move(job)), pause_(pause) {
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    log_.warn("{}: Continuous outputs are uploaded at the end: no thread can be started: {}", job_, error.what());
  }
}

ContinuousOutputs::~ContinuousOutputs() {
  end_thread();
}

void ContinuousOutputs::end_thread() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
    change_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void ContinuousOutputs::run() {
  auto pause = pause_;
  bool told = false;
  std::unique_lock lock(mutex_);
  while (!change_.wait_for(lock, pause, [&] { return ending_.load(); })) {
    lock.unlock();
    const auto begun = std::chrono::steady_clock::now();
    auto done = outputs_->upload_changes([this] { return ending_.load(); });
    // What cannot be uploaded now comes again with the next look: it is told once, and by the last one.
    if (!done && !told && !ending_)
      log_.warn("{}: a Continuous output: {} {}", job_, done.error().message, done.error().detail);
    told = !done;
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
    pause = std::clamp(took * rest_for_a_look, pause_, std::max(pause_, longest_pause));
    lock.lock();
  }
}

Outcome<void> ContinuousOutputs::finish(const std::function<bool()>&) {
  end_thread();
  return {};
}

}  // namespace clary::jobs
