#include "http/link.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>

#include "http/figures.hpp"

namespace clary::http {

asio::mutable_buffer InputBuffer::prepare() {
  if (!data_) {
    capacity_ = first;
    data_ = std::make_unique_for_overwrite<char[]>(capacity_);
  }
  if (end_ == capacity_ && begin_ > 0) {
    std::memmove(data_.get(), data_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == capacity_ && capacity_ < most) {
    auto wider = std::make_unique_for_overwrite<char[]>(capacity_ * 2);
    std::memcpy(wider.get(), data_.get(), end_);
    data_ = std::move(wider);
    capacity_ *= 2;
  }
  return {data_.get() + end_, capacity_ - end_};
}

Link::Link(Loop& loop, Socket socket) : loop_(loop), socket_(std::move(socket)) {
  loop_.add(*this);
}

Link::~Link() {
  count();
  loop_.remove(*this);
}

void Link::count() {
  if (received > 0) figures().bytes_in.add(std::exchange(received, 0));
  if (sent > 0) figures().bytes_out.add(std::exchange(sent, 0));
}

void Link::allow(std::chrono::milliseconds timeout) {
  timed_out_ = false;
  deadline_ = loop_.now() + timeout + Loop::tick;
}

void Link::beat(Clock::time_point now) {
  count();
  if (now >= deadline_) {
    timed_out_ = true;
    interrupt();
  } else if (phase == Phase::idle && !tls_ && in.held() && in.empty() && now - idle_since_ >= Loop::tick) {
    giving_back_ = true;
    cancel();
  }
}

void Link::cancel() {
  error_code ignored;
  socket_.cancel(ignored);
  if (partner) partner->cancel(ignored);
}

void Link::interrupt() {
  cancel();
  if (waiting) waiting->set();
}

void Link::kill() {
  killed_ = true;
  error_code ignored;
  socket_.close(ignored);
  if (partner) partner->close(ignored);
  if (waiting) waiting->set();
}

Task<Link::Moved> Link::read_some(asio::mutable_buffer room) {
  if (tls_) return tls_->async_read_some(room, as_result);
  return socket_.async_read_some(room, as_result);
}

Task<Link::Moved> Link::write_some(std::string_view data) {
  if (tls_) return tls_->async_write_some(asio::buffer(data.data(), data.size()), as_result);
  return socket_.async_write_some(asio::buffer(data.data(), data.size()), as_result);
}

std::size_t Link::read_now(char* data, std::size_t size) {
  if (tls_) return 0;
  auto got = ::recv(socket_.native_handle(), data, size, MSG_DONTWAIT);
  if (got <= 0) return 0;  // an end or a fault is met again by the next read that waits
  received += static_cast<std::size_t>(got);
  return static_cast<std::size_t>(got);
}

Task<bool> Link::fill() {
  auto [ec, got] = co_await read_some(in.prepare());
  if (ec) co_return false;
  in.commit(got);
  received += got;
  co_return true;
}

Task<bool> Link::await_input(std::chrono::milliseconds timeout) {
  if (loop_.stopping() || killed_) co_return false;
  allow(timeout);
  idle_since_ = loop_.now();
  giving_back_ = false;
  phase = Phase::idle;
  bool came = false;
  while (!came) {
    auto [ec, got] = co_await read_some(in.prepare());
    if (!ec) {
      in.commit(got);
      received += got;
      came = true;
    } else if (std::exchange(giving_back_, false) && !timed_out_ && !loop_.stopping()) {
      in.release();
      auto [failed] = co_await socket_.async_wait(Socket::wait_read, as_result);
      if (failed) break;
    } else {
      break;
    }
  }
  phase = Phase::busy;
  co_return came;
}

std::size_t Link::send_now(std::string_view head, std::string_view body) {
  if (tls_) return 0;
  std::size_t total = 0;
  while (total < head.size() + body.size()) {
    iovec parts[2] = {{const_cast<char*>(head.data()), head.size()}, {const_cast<char*>(body.data()), body.size()}};
    auto skip = std::min(total, head.size());
    parts[0] = {const_cast<char*>(head.data()) + skip, head.size() - skip};
    skip = total - skip;
    parts[1] = {const_cast<char*>(body.data()) + skip, body.size() - skip};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    auto wrote = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) break;  // a fault is met again by the next write that waits
    total += static_cast<std::size_t>(wrote);
  }
  sent += total;
  return total;
}

Task<bool> Link::send(std::string_view head, std::string_view body, std::chrono::milliseconds timeout) {
  auto done = send_now(head, body);
  while (done < head.size() + body.size()) {
    if (killed_) co_return false;
    allow(timeout);
    auto rest = done < head.size() ? head.substr(done) : body.substr(done - head.size());
    auto [ec, wrote] = co_await write_some(rest);
    if (ec) co_return false;
    done += wrote;
    sent += wrote;
  }
  co_return true;
}

Task<bool> Link::wait_writable() {
  auto [ec] = co_await socket_.async_wait(Socket::wait_write, as_result);
  co_return !ec;
}

Task<bool> Link::start_tls(SSL* ssl, std::chrono::milliseconds timeout) {
  allow(timeout);
  tls_ = std::make_unique<Tls>(socket_, ssl);
  std::string early(in.view());
  in.consume(early.size());
  auto [ec, used] = co_await tls_->async_handshake(asio::ssl::stream_base::server, asio::buffer(early), as_result);
  co_return !ec;
}

Task<> Link::close(bool unread_input) {
  if (killed_) co_return;
  allow(std::chrono::seconds(2));
  if (tls_) {
    co_await tls_->async_shutdown(as_result);  // a client that is gone already is as good as one that says goodbye
  } else if (unread_input) {
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    std::size_t dropped = in.view().size();
    while (dropped < 64 * 1024 * 1024) {
      in.consume(in.view().size());
      if (!co_await fill()) break;
      dropped += in.view().size();
    }
  }
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace clary::http
