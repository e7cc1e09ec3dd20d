// The control plane's own event loop (one thread) and the few threads for what blocks: files, launches, the metadata
// store. Owned by Endpoints. Thread rule: post() from any thread; everything that says "control thread" runs on the
// loop and needs no lock. Invariant: once stop() has returned no coroutine is left; each is woken and must end at its
// next look at stopping().
#pragma once

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <utility>

// Asio allocates and frees coroutine frames by its own pair; once both are inlined GCC 12 takes them for a mismatch.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace clary::serving {

namespace asio = boost::asio;
using LoopExecutor = asio::io_context::executor_type;
template <typename T = void>
using Task = asio::awaitable<T, LoopExecutor>;

class ControlLoop;

// Wakes the one coroutine that waits for it; a wake-up that comes first is kept. It says only that something changed:
// whoever wakes looks again at what it waits for. Control thread.
class Signal {
 public:
  using Clock = std::chrono::steady_clock;
  explicit Signal(ControlLoop& loop);
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  void set() {
    set_ = true;
    timer_.cancel();
  }
  Task<> wait_until(Clock::time_point end);
  Task<> wait() { return wait_until(Clock::time_point::max()); }
  Task<> wait_for(Clock::duration time) { return wait_until(Clock::now() + time); }

 private:
  ControlLoop& loop_;
  asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, LoopExecutor> timer_;
  bool set_ = false;
};

class ControlLoop {
 public:
  explicit ControlLoop(unsigned blocking_threads);
  ~ControlLoop();
  void stop();

  asio::io_context& context() { return *context_; }
  bool stopping() const { return stopping_; }
  void post(std::function<void()> work) { asio::post(*context_, std::move(work)); }
  void spawn(Task<> task);

  // Starts something that calls back from any thread, and waits for that. Nothing when `abandoned` came true first:
  // then what comes later is dropped.
  template <typename T>
  Task<std::optional<T>> called_back(std::shared_ptr<Signal> signal, std::function<bool()> abandoned,
                                     std::function<void(std::function<void(T)>)> start) {
    auto slot = std::make_shared<std::optional<T>>();
    std::function<void(T)> done = [loop = std::weak_ptr(context_), slot, waker = std::weak_ptr(signal)](T value) {
      auto context = loop.lock();
      if (!context) return;
      auto boxed = std::make_shared<T>(std::move(value));
      asio::post(*context, [slot, waker, boxed] {
        slot->emplace(std::move(*boxed));
        if (auto waiting = waker.lock()) waiting->set();
      });
    };
    start(std::move(done));
    while (!slot->has_value() && !abandoned()) co_await signal->wait();
    co_return std::move(*slot);
  }

  void run_blocking(std::function<void()> work) { asio::post(pool_, std::move(work)); }
  // Runs `work` on a thread that may block and waits for its end, come what may.
  template <typename T>
  Task<T> blocking(std::shared_ptr<Signal> signal, std::function<T()> work) {
    std::function<void(std::function<void(T)>)> start = [this, work = std::move(work)](std::function<void(T)> done) {
      run_blocking([work, done = std::move(done)] { done(work()); });
    };
    std::function<bool()> never = [] { return false; };
    auto result = co_await called_back<T>(std::move(signal), std::move(never), std::move(start));
    co_return *std::move(result);
  }

 private:
  friend class Signal;
  std::set<Signal*> signals_;                  // outlives the context, whose last handlers may hold some
  std::shared_ptr<asio::io_context> context_;  // whoever calls back too late finds that it is gone
  std::optional<asio::executor_work_guard<LoopExecutor>> work_;
  asio::thread_pool pool_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace clary::serving
