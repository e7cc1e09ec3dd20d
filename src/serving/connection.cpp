#include "serving/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <cerrno>
#include <charconv>
#include <sys/socket.h>
#include <sys/uio.h>

#include "serving/loop_client.hpp"
#include "serving/model_error.hpp"

namespace clary::serving {

namespace {

constexpr std::size_t first_capacity = 4 * 1024;
constexpr std::size_t most_capacity = 64 * 1024;

void append_field(std::string& head, std::string_view name, std::string_view value) {
  if (!value.empty()) head.append(name).append(value).append("\r\n");
}

}  // namespace

Connection::Connection(LoopClient& client, Socket socket, std::shared_ptr<ReplicaTarget> replica,
                       std::size_t answer_limit)
    : client_(client), socket_(std::move(socket)), replica_(std::move(replica)), parser_(answer_limit) {
  replica_->connections.fetch_add(1, std::memory_order_relaxed);
}

Connection::~Connection() {
  replica_->connections.fetch_sub(1, std::memory_order_relaxed);
}

void Connection::carry(std::unique_ptr<Call> call) {
  call_ = std::move(call);
  call_->carrier = this;
  parser_.reset();
  sent_ = 0;
  send_broken_ = false;
  write_head();
  send();
  if (call_) receive();
}

void Connection::write_head() {
  const Invocation& asked = call_->asked;
  head_.assign("POST /invocations HTTP/1.1\r\nHost: localhost\r\n");
  append_field(head_, "Content-Type: ", asked.content_type);
  append_field(head_, "Accept: ", asked.accept);
  append_field(head_, "X-Amzn-SageMaker-Custom-Attributes: ", asked.custom_attributes);
  append_field(head_, "X-Amzn-SageMaker-Inference-Id: ", asked.inference_id);
  char digits[24];
  auto end = std::to_chars(digits, digits + sizeof digits, asked.body.size()).ptr;
  head_.append("Content-Length: ").append(digits, end).append("\r\n\r\n");
}

void Connection::send() {
  const std::string& body = call_->asked.body;
  while (sent_ < head_.size() + body.size()) {
    iovec parts[2];
    int count = 0;
    if (sent_ < head_.size()) parts[count++] = {head_.data() + sent_, head_.size() - sent_};
    std::size_t body_sent = sent_ > head_.size() ? sent_ - head_.size() : 0;
    if (body_sent < body.size()) parts[count++] = {const_cast<char*>(body.data()) + body_sent, body.size() - body_sent};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = static_cast<std::size_t>(count);
    ssize_t sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      sent_ += static_cast<std::size_t>(sent);
      call_->sent = true;
    } else if (errno == EAGAIN) {
      return wait_to_send();
    } else if (errno != EINTR) {
      send_broken_ = true;  // the worker closed its side, perhaps after an answer that is still to be read
      return;
    }
  }
}

void Connection::wait_to_send() {
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const boost::system::error_code& error) {
    if (!error && self->call_) self->send();
  });
}

void Connection::receive() {
  if (!buffer_) {
    capacity_ = first_capacity;
    buffer_ = std::make_unique_for_overwrite<char[]>(capacity_);
  }
  socket_.async_read_some(boost::asio::buffer(buffer_.get(), capacity_),
                          [self = shared_from_this()](const boost::system::error_code& error, std::size_t size) {
                            if (self->call_) self->received(error, size);
                          });
}

void Connection::received(const boost::system::error_code& error, std::size_t size) {
  auto state = error ? parser_.finish() : parser_.feed({buffer_.get(), size});
  switch (state) {
    case models::AnswerParser::State::reading:
      if (size == capacity_ && capacity_ < most_capacity) {
        capacity_ *= 4;
        buffer_ = std::make_unique_for_overwrite<char[]>(capacity_);
      }
      return receive();
    case models::AnswerParser::State::done: return answered();
    case models::AnswerParser::State::broken:
      if (error && !parser_.begun()) return ended_early();
      call_->suspect();
      return fail(model_error(call_->asked.scope, call_->asked.endpoint, 0, parser_.why()));
    case models::AnswerParser::State::too_large:
      return fail(model_error(call_->asked.scope, call_->asked.endpoint, 0,
                              fmt::format("the response is larger than {} bytes", call_->limits.answer_bytes)));
  }
}

void Connection::ended_early() {
  // A worker may close a connection that was idle; that is no fault of the call's, which gets one more chance.
  if (used_before_ && !call_->again) {
    auto call = release();
    close();
    call->again = true;
    return client_.connect(std::move(call));
  }
  call_->suspect();
  fail(model_error(call_->asked.scope, call_->asked.endpoint, 0,
                   "the connection was closed before a response came: the model's process may have ended"));
}

void Connection::answered() {
  auto self = shared_from_this();  // the handler that holds it may be the last to do so
  bool keep = parser_.keep_alive() && !send_broken_ && sent_ == head_.size() + call_->asked.body.size();
  auto call = release();
  if (!keep) close();
  if (parser_.status >= 200 && parser_.status < 300) {
    InvocationAnswer answer{std::move(parser_.content_type), std::move(parser_.custom_attributes),
                            call->variant_target().name, std::move(parser_.body)};
    if (keep) client_.keep(std::move(self));
    client_.complete(std::move(call), std::move(answer), 200);
  } else {
    Error error = model_error(call->asked.scope, call->asked.endpoint, parser_.status, parser_.body);
    unsigned status = parser_.status;
    if (keep) client_.keep(std::move(self));
    client_.complete(std::move(call), std::move(error), status);
  }
}

void Connection::time_out() {
  auto self = shared_from_this();
  call_->suspect();
  Error error = invocation_timed_out(call_->asked.scope, call_->asked.endpoint);
  fail(std::move(error));
}

void Connection::fail(Error error) {
  auto call = release();
  close();
  client_.complete(std::move(call), std::move(error), 0);
}

void Connection::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

std::unique_ptr<Call> Connection::release() {
  used_before_ = true;
  call_->carrier = nullptr;
  return std::move(call_);
}

}  // namespace clary::serving
