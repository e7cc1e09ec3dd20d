#include "http/loop.hpp"

#include <ctime>

#include "base/time.hpp"
#include "http/link.hpp"
#include "http/log.hpp"
#include "http/this_loop.hpp"

namespace clary::http {

Loop::Loop() : work_(context_.get_executor()), timer_(context_.get_executor()) {
  read_clocks();
}

Loop::~Loop() {
  stop();
}

void Loop::start() {
  thread_ = std::thread([this] {
    set_this_loop(&context_);
    while (true) {
      try {
        context_.run();
        return;
      } catch (const std::exception& error) {
        log_.error("event loop: {}", error.what());
      }
    }
  });
}

void Loop::stop() {
  work_.reset();
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

void Loop::add(Link& link) {
  link.place = links_.size();
  links_.push_back(&link);
  if (!armed_) {
    read_clocks();
    arm();
  }
}

void Loop::remove(Link& link) {
  links_.back()->place = link.place;
  links_[link.place] = links_.back();
  links_.pop_back();
}

void Loop::arm() {
  armed_ = true;
  timer_.expires_after(tick);
  timer_.async_wait([this](error_code ec) {
    if (!ec) beat();
  });
}

void Loop::beat() {
  armed_ = false;
  read_clocks();
  // Backwards: a link that ends meanwhile gives its place to one that was asked already.
  for (auto at = links_.size(); at-- > 0;) links_[at]->beat(now_);
  if (!links_.empty()) arm();
}

void Loop::read_clocks() {
  now_ = Clock::now();
  if (auto second = std::time(nullptr); second != second_) {
    second_ = second;
    date_ = to_http_date(SystemClock().now());
  }
}

void Loop::drain() {
  stopping_ = true;
  for (auto at = links_.size(); at-- > 0;) {
    if (links_[at]->phase != Link::Phase::busy) links_[at]->interrupt();
  }
}

void Loop::kill() {
  stopping_ = true;
  for (auto at = links_.size(); at-- > 0;) links_[at]->kill();
}

}  // namespace clary::http
