// A client's byte stream: a TCP or Unix socket, plain or TLS, with its input buffer and its deadline.
// Private to http; owned by one connection. Thread rule: the loop's thread.
// Invariant: while it is idle it holds no buffer; every wait ends at the deadline, at interrupt() or at kill().
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <chrono>
#include <memory>
#include <openssl/ssl.h>
#include <string_view>

#include "http/loop.hpp"

namespace clary::http {

inline constexpr char tls_handshake = 0x16;  // the first byte of a TLS connection (RFC 8446, 5.1)

// Bytes that were read and not yet used.
class InputBuffer {
 public:
  static constexpr std::size_t first = 4 * 1024;
  static constexpr std::size_t most = 128 * 1024;
  std::string_view view() const { return {data_.get() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }
  bool full() const { return end_ - begin_ >= most; }
  bool held() const { return data_ != nullptr; }
  void consume(std::size_t count) {
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  asio::mutable_buffer prepare();  // room for at least one byte, unless full()
  void commit(std::size_t count) { end_ += count; }
  void release() {
    if (empty()) data_.reset(), capacity_ = begin_ = end_ = 0;
  }

 private:
  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
};

class Link {
 public:
  using Clock = Loop::Clock;
  using Tls = asio::ssl::stream<Socket&>;
  using Moved = std::tuple<error_code, std::size_t>;
  enum class Phase { busy, idle, parked };

  Link(Loop& loop, Socket socket);
  ~Link();

  Loop& loop() { return loop_; }
  Socket& socket() { return socket_; }
  bool encrypted() const { return tls_ != nullptr; }

  // Reads what there is; an ended stream is an error.
  Task<Moved> read_some(asio::mutable_buffer room);
  // Plain sockets only: what can be read without waiting; 0: nothing now.
  std::size_t read_now(char* data, std::size_t size);
  // Reads more into `in`; false: the stream ended, broke, or was interrupted.
  Task<bool> fill();
  // Waits for the next request's first bytes, giving back the buffer when they are long in coming.
  Task<bool> await_input(std::chrono::milliseconds timeout);

  // What the socket takes at once (nothing over TLS).
  std::size_t send_now(std::string_view head, std::string_view body = {});
  // Sends all; `timeout` is allowed between two pieces. False: the client is gone or stopped reading.
  Task<bool> send(std::string_view head, std::string_view body, std::chrono::milliseconds timeout);
  Task<bool> wait_writable();

  // Speaks TLS from here on, with `ssl` made for this connection. False: the handshake failed.
  Task<bool> start_tls(SSL* ssl, std::chrono::milliseconds timeout);
  // Says goodbye, so that the client reads the answer before it sees the end: half-closes, then drops what still comes.
  Task<> close(bool unread_input);

  void allow(std::chrono::milliseconds timeout);  // the waits from here on end then
  void allow_until(Clock::time_point deadline) { deadline_ = deadline; }
  void allow_forever() { deadline_ = Clock::time_point::max(); }
  bool timed_out() const { return timed_out_; }
  bool killed() const { return killed_; }

  void beat(Clock::time_point now);
  void cancel();
  void interrupt();  // ends the wait under way, whatever it is for
  void kill();

  InputBuffer in;
  Phase phase = Phase::busy;
  Signal* waiting = nullptr;             // set while the connection waits for a handler: interrupt() sets it
  Socket* partner = nullptr;             // a tunnel's other side: cancelled with this one
  std::size_t place = 0;                 // the loop's
  std::uint64_t received = 0, sent = 0;  // counted, not yet added to the figures

 private:
  Task<Moved> write_some(std::string_view data);
  void count();

  Loop& loop_;
  Socket socket_;
  std::unique_ptr<Tls> tls_;
  std::unique_ptr<std::string> early_;  // TLS bytes that were read while it was not known that they are
  Clock::time_point deadline_ = Clock::time_point::max();
  Clock::time_point idle_since_{};
  bool timed_out_ = false;
  bool killed_ = false;
  bool giving_back_ = false;
};

}  // namespace clary::http
