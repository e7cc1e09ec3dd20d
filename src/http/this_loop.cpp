#include "http/this_loop.hpp"

namespace clary::http {

namespace {
thread_local boost::asio::io_context* current = nullptr;
}

boost::asio::io_context* this_loop() {
  return current;
}
void set_this_loop(boost::asio::io_context* loop) {
  current = loop;
}

}  // namespace clary::http
