// One event loop on a thread of its own, the connections that live on it, and its coarse clock.
// Private to http; owned by the server. Thread rule: post() from any thread, all else on the loop's thread.
// Invariant: a connection never leaves its loop; once a tick each is asked whether its deadline has passed, so no wait
// costs a timer of its own.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "http/net.hpp"

namespace clary::http {

class Link;

class Loop {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds tick{200};

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  void start();
  void stop();  // ends the thread; what still waits is dropped

  asio::io_context& context() { return context_; }
  template <typename F>
  void post(F&& work) {
    asio::post(context_, std::forward<F>(work));
  }

  void add(Link& link);
  void remove(Link& link);
  // Requests of its connections that have been read and not yet answered.
  std::size_t in_flight = 0;
  // Behind by a tick at the most.
  Clock::time_point now() const { return now_; }
  std::string_view date() const { return date_; }
  bool stopping() const { return stopping_; }
  // Ends what is idle or parked; what is under way goes on.
  void drain();
  // Ends everything at once.
  void kill();

 private:
  void arm();
  void beat();
  void read_clocks();

  asio::io_context context_{1};
  asio::executor_work_guard<Executor> work_;
  asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor> timer_;
  std::vector<Link*> links_;
  Clock::time_point now_;
  std::string date_;
  std::time_t second_ = 0;
  bool armed_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace clary::http
