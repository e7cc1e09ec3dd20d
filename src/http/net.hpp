// The names that this module's own files use for Asio's types. Private to http: never included by a header that others include.
// Thread rule: types only. Invariant: every socket and coroutine here is bound to one io_context's own executor type, which
// spares each step the cost of a type-erased executor.
// GCC 12 miscompiles two things in coroutines, so none is written here: a co_await behind && or ||, and an argument of an awaited
// call that is a temporary with a destructor (name it and move it).
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <utility>

// GCC 12 takes Asio's coroutine frame allocator for a mismatched pair once it is inlined into a coroutine.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace clary::http {

namespace asio = boost::asio;
using boost::system::error_code;

using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, Executor>;

template <typename T = void>
using Task = asio::awaitable<T, Executor>;

// co_await operation(..., as_result) gives {error_code, value}; nothing is thrown.
inline constexpr auto as_result = asio::as_tuple(asio::use_awaitable_t<Executor>{});
inline constexpr asio::use_awaitable_t<Executor> as_void{};

// Wakes the one coroutine that waits for it; a wake-up that comes first is kept. Loop thread only.
class Signal {
 public:
  void set() {
    if (waiting_) {
      auto waiting = std::exchange(waiting_, nullptr);
      waiting->resume();
    } else {
      set_ = true;
    }
  }
  void clear() { set_ = false; }

  // The coroutine that waits must hold the signal's owner; whoever ends that coroutine's life sets it first.
  Task<void> wait() {
    if (std::exchange(set_, false)) return ready();
    return asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
        [this](auto handler) { waiting_ = std::make_unique<Held<decltype(handler)>>(std::move(handler)); }, as_void);
  }

 private:
  struct Continuation {
    virtual ~Continuation() = default;
    virtual void resume() = 0;
  };
  template <typename Handler>
  struct Held : Continuation {
    explicit Held(Handler&& h) : handler(std::move(h)) {}
    void resume() override { std::move(handler)(); }
    Handler handler;
  };
  static Task<void> ready() { co_return; }
  bool set_ = false;
  std::unique_ptr<Continuation> waiting_;
};

}  // namespace clary::http
