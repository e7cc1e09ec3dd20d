// The event loop that the calling thread runs, for work that stays on it (an invocation's connection to its worker).
// Thread rule: each thread has its own. Invariant: null on every thread but the server's loop threads (and a test's
// that says so).
#pragma once

namespace boost::asio {
class io_context;
}

namespace clary::http {

boost::asio::io_context* this_loop();
void set_this_loop(boost::asio::io_context* loop);

}  // namespace clary::http
