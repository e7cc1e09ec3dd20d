#include "serving/ping.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <optional>
#include <sys/socket.h>

#include "models/answer_parser.hpp"

namespace clary::serving {

namespace {

constexpr std::string_view request = "GET /ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

// The exchange under way; its handlers keep it until they have run.
struct Exchange : std::enable_shared_from_this<Exchange> {
  explicit Exchange(asio::io_context& context, std::shared_ptr<Signal> waker)
      : socket(context), signal(std::move(waker)) {}

  void begin(io::File connected) {
    boost::system::error_code error;
    socket.assign(asio::local::stream_protocol(), connected.fd(), error);
    if (error) return end(false);
    connected.release();
    // So small that a fresh socket takes it whole.
    auto sent = ::send(socket.native_handle(), request.data(), request.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent != static_cast<ssize_t>(request.size())) return end(false);
    receive();
  }

  void receive() {
    socket.async_read_some(
        asio::buffer(buffer), [self = shared_from_this()](const boost::system::error_code& error, std::size_t size) {
          if (self->good) return;
          auto state = error ? self->parser.finish() : self->parser.feed({self->buffer.data(), size});
          if (state == models::AnswerParser::State::reading) return self->receive();
          self->end(state == models::AnswerParser::State::done && self->parser.status / 100 == 2);
        });
  }

  void end(bool answer) {
    good = answer;
    signal->set();
  }

  asio::basic_stream_socket<asio::local::stream_protocol, LoopExecutor> socket;
  std::shared_ptr<Signal> signal;
  models::AnswerParser parser{64 * 1024};
  std::array<char, 4096> buffer;
  std::optional<bool> good;
};

}  // namespace

Task<PingResult> ping(ControlLoop& loop, const models::WorkerSocket& socket, std::shared_ptr<Signal> signal,
                      std::function<bool()> abandoned, std::chrono::milliseconds timeout) {
  auto connected = socket.connect();
  if (!connected) co_return connected.error().kind == ErrorKind::unavailable ? PingResult::refused : PingResult::silent;
  auto exchange = std::make_shared<Exchange>(loop.context(), signal);
  exchange->begin(*std::move(connected));
  auto end = Signal::Clock::now() + timeout;
  while (!exchange->good && !abandoned() && Signal::Clock::now() < end) co_await signal->wait_until(end);
  bool fine = exchange->good.value_or(false);
  exchange->good = fine;
  boost::system::error_code ignored;
  exchange->socket.close(ignored);
  co_return fine ? PingResult::fine : PingResult::silent;
}

}  // namespace clary::serving
