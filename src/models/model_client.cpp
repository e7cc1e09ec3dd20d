#include "models/model_client.hpp"

#include <array>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <thread>

namespace clary::models {

namespace {

constexpr std::chrono::milliseconds between_looks{50};  // at `cancelled`
constexpr std::size_t chunk_size = 256 * 1024, piece_size = 64 * 1024;

void append_field(std::string& head, std::string_view name, std::string_view value) {
  if (!value.empty()) head.append(name).append(value).append("\r\n");
}

ModelAnswer none(ModelAnswer::Kind kind, std::string why = {}) {
  ModelAnswer answer;
  answer.kind = kind;
  answer.why = std::move(why);
  return answer;
}

}  // namespace

Outcome<ModelAnswer> ModelClient::ask(const ModelRequest& request, std::chrono::milliseconds timeout,
                                      const std::function<bool()>& cancelled) {
  const auto deadline = Clock::now() + timeout;
  const bool reused = socket_ && used_before_;
  TRY(ModelAnswer answer, ask_once(request, deadline, cancelled));
  // A server may close a connection that was idle; a stream cannot be sent twice.
  if (reused && answer.kind == ModelAnswer::Kind::unreachable && request.stream == nullptr)
    return ask_once(request, deadline, cancelled);
  return answer;
}

bool ModelClient::connect(Clock::time_point deadline, const std::function<bool()>& cancelled) {
  used_before_ = false;
  while (true) {
    auto found = WorkerSocket::open(folder_);
    if (!found) return false;
    auto connected = found->connect();
    if (connected) {
      socket_ = *std::move(connected);
      return true;
    }
    // A full queue of connections has room in a moment.
    if (connected.error().kind != ErrorKind::throttled || Clock::now() > deadline || cancelled()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

Outcome<void> ModelClient::prepare(const ModelRequest& request) {
  parser_.reset();
  sent_ = 0;
  all_sent_ = stream_ended_ = false;
  head_.clear();
  head_.append(request.method).append(" ").append(request.path).append(" HTTP/1.1\r\nHost: localhost\r\n");
  append_field(head_, "Content-Type: ", request.content_type);
  append_field(head_, "Accept: ", request.accept);
  if (request.stream != nullptr) {
    head_.append("Transfer-Encoding: chunked\r\n\r\n");
  } else if (request.method == "POST") {
    head_.append(fmt::format("Content-Length: {}\r\n\r\n", request.body.size()));
  } else {
    head_.append("\r\n");
  }
  return {};
}

Outcome<ModelAnswer> ModelClient::ask_once(const ModelRequest& request, Clock::time_point deadline,
                                           const std::function<bool()>& cancelled) {
  using Kind = ModelAnswer::Kind;
  if (!socket_ && !connect(deadline, cancelled)) return none(cancelled() ? Kind::cancelled : Kind::unreachable);
  CHECK_OK(prepare(request));
  std::string chunk;
  while (true) {
    if (!all_sent_ && sent_ >= head_.size() && request.stream != nullptr && !stream_ended_) {
      chunk.resize(chunk_size);
      auto got = (*request.stream)(chunk.data(), chunk.size());
      if (!got) {
        socket_ = {};
        return std::move(got).error();
      }
      stream_ended_ = *got == 0;
      head_ = fmt::format("{:x}\r\n", *got).append(chunk, 0, *got).append("\r\n");
      sent_ = 0;
    }
    if (!all_sent_ && !send(request)) all_sent_ = true;  // the server closed its side, perhaps after an answer
    TRY(const bool over, receive(request));
    if (over) break;
    if (cancelled() || Clock::now() > deadline) {
      socket_ = {};
      return none(cancelled() ? Kind::cancelled : Kind::timed_out);
    }
    pollfd wait{socket_.fd(), static_cast<short>(all_sent_ ? POLLIN : POLLIN | POLLOUT), 0};
    ::poll(&wait, 1, static_cast<int>(between_looks.count()));
  }
  used_before_ = true;
  ModelAnswer answer;
  answer.status = parser_.status;
  if (parser_.state() == AnswerParser::State::done) {
    if (!parser_.keep_alive() || !all_sent_) socket_ = {};
    answer.content_type = std::move(parser_.content_type);
    answer.body = std::move(parser_.body);
    return answer;
  }
  socket_ = {};
  if (parser_.state() == AnswerParser::State::too_large) return none(Kind::broken, "the response is too large");
  return parser_.begun() ? none(Kind::broken, parser_.why()) : none(Kind::unreachable);
}

// False: it cannot be sent.
bool ModelClient::send(const ModelRequest& request) {
  const std::string_view body = request.stream != nullptr ? std::string_view() : request.body;
  while (sent_ < head_.size() + body.size()) {
    iovec parts[2];
    int count = 0;
    if (sent_ < head_.size()) parts[count++] = {head_.data() + sent_, head_.size() - sent_};
    const std::size_t of_body = sent_ > head_.size() ? sent_ - head_.size() : 0;
    if (of_body < body.size()) parts[count++] = {const_cast<char*>(body.data()) + of_body, body.size() - of_body};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = static_cast<std::size_t>(count);
    const ssize_t sent = ::sendmsg(socket_.fd(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      sent_ += static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN) {
      return true;
    } else if (errno != EINTR) {
      return false;
    }
  }
  all_sent_ = request.stream == nullptr || stream_ended_;
  return true;
}

// Whether the answer is over, one way or another.
Outcome<bool> ModelClient::receive(const ModelRequest& request) {
  std::array<char, piece_size> piece;
  while (true) {
    const ssize_t got = ::recv(socket_.fd(), piece.data(), piece.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return false;
    if (got <= 0) {
      parser_.finish();
    } else {
      parser_.feed({piece.data(), static_cast<std::size_t>(got)});
    }
    CHECK_OK(pass_on(request));
    if (got <= 0 || parser_.state() != AnswerParser::State::reading) return true;
  }
}

Outcome<void> ModelClient::pass_on(const ModelRequest& request) {
  constexpr std::size_t enough = 1 << 20;
  if (request.sink == nullptr || parser_.body.empty()) return {};
  if (parser_.status / 100 != 2) {  // what is said of an error is kept, to a bound
    if (parser_.body.size() > enough) parser_.body.resize(enough);
    return {};
  }
  if (parser_.body.size() < enough && parser_.state() == AnswerParser::State::reading) return {};
  auto taken = (*request.sink)(parser_.body);
  parser_.body.clear();
  if (!taken) socket_ = {};
  return taken;
}

}  // namespace clary::models
