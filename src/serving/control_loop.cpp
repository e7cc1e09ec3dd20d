#include "serving/control_loop.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>

#include "serving/log.hpp"

namespace clary::serving {

Signal::Signal(ControlLoop& loop) : loop_(loop), timer_(loop.context()) {
  loop_.signals_.insert(this);
}

Signal::~Signal() {
  loop_.signals_.erase(this);
}

Task<> Signal::wait_until(Clock::time_point end) {
  // While it stops nothing may wait for long; the short wait lets the thread do what the waiting side needs.
  if (loop_.stopping()) end = std::min(end, Clock::now() + std::chrono::milliseconds(5));
  if (!set_) {
    timer_.expires_at(end);
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable_t<LoopExecutor>{}));
  }
  set_ = false;
}

ControlLoop::ControlLoop(unsigned blocking_threads)
    : context_(std::make_shared<asio::io_context>(1)), work_(context_->get_executor()), pool_(blocking_threads) {
  thread_ = std::thread([this] {
    while (true) {
      try {
        context_->run();
        return;
      } catch (const std::exception& exception) {
        log_.error("control loop: {}", exception.what());
      }
    }
  });
}

ControlLoop::~ControlLoop() {
  stop();
}

void ControlLoop::stop() {
  if (!thread_.joinable()) return;
  post([this] {
    stopping_ = true;
    for (Signal* signal : signals_) signal->set();
    work_.reset();
  });
  thread_.join();
  pool_.join();
}

void ControlLoop::spawn(Task<> task) {
  asio::co_spawn(*context_, std::move(task), [](std::exception_ptr failure) {
    if (!failure) return;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& exception) {
      log_.error("control coroutine: {}", exception.what());
    }
  });
}

}  // namespace clary::serving
