// How a connection has one request answered: the route, the request's body, the handler, the answer.
#include "http/connection.hpp"
#include "http/figures.hpp"
#include "http/log.hpp"

namespace clary::http {

namespace {

// What is left of a body up to here is read and dropped, to keep the connection.
constexpr std::uint64_t drained = 1024 * 1024;
// A body up to this length is read before its handler takes a thread.
constexpr std::uint64_t read_with_head = 64 * 1024;

}  // namespace

Task<Connection::Next> Connection::serve(Shared exchange) {
  auto& request = exchange->request;
  if (request.method == "CONNECT") co_return co_await serve_connect(exchange);
  BodySource source(link_, exchange->parser, request);
  Route route = bare(500);
  try {
    if (is_misdirected(request)) {
      route = bare(421, "The request is for another host than this connection.");
    } else {
      route = core_.hooks.route(request);
    }
  } catch (const std::exception& error) {
    log_.error("route of {} {} threw: {}", request.method, request.path, error.what());
  }
  if (auto* blocking = std::get_if<Blocking>(&route)) {
    co_return co_await serve_blocking(exchange, std::move(*blocking), source);
  }
  if (auto* async = std::get_if<Async>(&route)) co_return co_await serve_async(exchange, std::move(*async), source);
  co_return co_await finish(exchange, std::get<Response>(std::move(route)), source);
}

Task<Connection::Next> Connection::serve_blocking(Shared exchange, Blocking blocking, BodySource& source) {
  bool small = source.remaining() && *source.remaining() <= read_with_head;
  if (!source.complete() && (blocking.buffer || small)) {
    if (blocking.buffer && source.remaining().value_or(0) > blocking.limit) {
      co_return co_await refuse_large(exchange, blocking.too_large, source);
    }
    if (!co_await continue_if_expected(*exchange)) co_return Next::close;
    if (!co_await read_whole(*exchange, source, blocking.buffer ? blocking.limit : read_with_head)) {
      if (source.state() != BodyState::more) co_return co_await body_failed(exchange, source);
      co_return co_await refuse_large(exchange, blocking.too_large, source);
    }
  } else if (!source.complete()) {
    if (!co_await continue_if_expected(*exchange)) co_return Next::close;
    auto piece = static_cast<std::size_t>(
        std::min<std::uint64_t>(source.remaining().value_or(BodyPipe::piece_size), BodyPipe::piece_size));
    exchange->pipe = std::make_unique<BodyPipe>(piece, [weak = exchange->weak_from_this()] {
      if (auto self = weak.lock()) self->wake();
    });
  }
  exchange->handle = std::move(blocking.handle);
  if (blocking.brief && small && loop_->in_flight == 1) {
    exchange->run_here();
  } else if (!core_.pool.submit(exchange)) {
    figures().overloaded.add(1);
    auto response = bare(503, "The server has too much to do. Try again.");
    response.headers.add("Retry-After", "1");
    co_return co_await finish(exchange, std::move(response), source);
  }
  if (!co_await ask_handler(exchange, source)) co_return Next::close;
  if (exchange->response->parked) {
    if (!co_await settle_parked(exchange, source)) co_return Next::close;
  }
  co_return co_await finish(exchange, std::move(*exchange->response), source);
}

// Until the handler that was submitted has answered; feeds it the body meanwhile. False: the connection is over.
Task<bool> Connection::ask_handler(Shared exchange, BodySource& source) {
  if (exchange->pipe && source.state() == BodyState::more) co_await feed(exchange, source);
  link_.allow_forever();
  while (!exchange->finished && !link_.killed()) co_await exchange->changed.wait();
  co_return exchange->finished && !link_.killed();
}

Task<Connection::Next> Connection::serve_async(Shared exchange, Async async, BodySource& source) {
  if (!source.complete()) {
    bool fits = source.remaining().value_or(0) <= async.limit;
    if (fits) {
      if (!co_await continue_if_expected(*exchange)) co_return Next::close;
      fits = co_await read_whole(*exchange, source, async.limit);
    }
    if (!fits) {
      if (source.state() != BodyState::more) co_return co_await body_failed(exchange, source);
      co_return co_await refuse_large(exchange, async.too_large, source);
    }
  }
  // A handler that drops `done` without a call has failed; the client must not wait for it.
  struct Done {
    Shared exchange;
    ~Done() { exchange->answer(bare(500)); }
  };
  bool head_only = exchange->request.method == "HEAD";
  {
    auto done = std::make_shared<Done>(exchange);
    try {
      async.start(std::move(exchange->request), std::move(exchange->body),
                  [done](Response response) { done->exchange->answer(std::move(response)); });
    } catch (const std::exception& error) {
      log_.error("handler threw: {}", error.what());
      exchange->answer(bare(500));
    }
  }
  while (!exchange->finished && !link_.killed()) co_await exchange->changed.wait();
  if (link_.killed()) co_return Next::close;
  if (head_only) exchange->request.method = "HEAD";
  auto response = std::move(*exchange->response);
  if (response.parked) {
    log_.error("an async handler parked its answer");
    response = bare(500);
  }
  co_return co_await finish(exchange, std::move(response), source);
}

Task<bool> Connection::continue_if_expected(Exchange& exchange) {
  if (!exchange.parser.expects_continue() || !link_.in.empty()) co_return true;
  co_return co_await link_.send("HTTP/1.1 100 Continue\r\n\r\n", {}, core_.options.body_timeout);
}

// False with the source's state at `more`: there is more than `limit`.
Task<bool> Connection::read_whole(Exchange& exchange, BodySource& source, std::size_t limit) {
  auto& body = exchange.body;
  auto most = source.remaining().value_or(limit + 1);
  std::size_t used = 0;
  // Grown with what arrives, so that an announced length alone costs no memory.
  body.resize(std::min<std::size_t>(most, 256 * 1024));
  while (!source.complete()) {
    if (used == body.size()) {
      if (used > limit) co_return false;
      body.resize(std::min<std::size_t>(most, used * 2));
    }
    auto got = source.read_now(body.data() + used, body.size() - used);
    if (got == 0 && source.state() == BodyState::more) {
      link_.allow(core_.options.body_timeout);
      got = co_await source.read(body.data() + used, body.size() - used);
      if (got == 0 && link_.killed()) co_return false;
    }
    used += got;
    if (source.state() != BodyState::more && !source.complete()) co_return false;
  }
  link_.allow_forever();
  body.resize(used);
  co_return used <= limit;
}

Task<> Connection::feed(Shared exchange, BodySource& source) {
  auto& pipe = *exchange->pipe;
  while (!exchange->finished && !link_.killed() && source.state() == BodyState::more) {
    auto piece = pipe.take_free();
    if (!piece) {
      link_.allow_forever();
      co_await exchange->changed.wait();
      continue;
    }
    link_.allow(core_.options.body_timeout);
    exchange->reading = &link_;
    auto size = co_await source.read(piece.get(), pipe.piece());
    while (size < pipe.piece()) {
      auto more = source.read_now(piece.get() + size, pipe.piece() - size);
      if (more == 0) break;
      size += more;
    }
    exchange->reading = nullptr;
    if (size > 0) {
      pipe.push(std::move(piece), size);
    } else {
      pipe.give_back(std::move(piece));
    }
  }
  link_.allow_forever();
  if (source.complete()) {
    pipe.end();
  } else {
    pipe.fail(source.failure());
  }
}

Task<Connection::Next> Connection::refuse_large(Shared exchange, const std::function<Response(const Request&)>& hook,
                                                BodySource& source) {
  auto response = bare(413);
  if (hook) {
    try {
      response = hook(exchange->request);
    } catch (const std::exception& error) {
      log_.error("too_large hook threw: {}", error.what());
    }
  }
  co_return co_await finish(exchange, std::move(response), source);
}

Task<Connection::Next> Connection::body_failed(Shared exchange, BodySource& source) {
  auto failure = source.failure();
  if (source.state() == BodyState::broken) {
    co_await refuse_malformed(*exchange, 400, failure.message);
  } else if (source.state() == BodyState::timed_out) {
    co_await refuse_malformed(*exchange, 408, failure.message);
  }
  co_return Next::close_unread;
}

Task<Connection::Next> Connection::finish(Shared exchange, Response response, BodySource& source) {
  auto left = source.remaining();
  bool unsent = exchange->parser.expects_continue() && !source.complete() && !exchange->pipe && exchange->body.empty();
  Framing framing;
  framing.head_only = exchange->request.method == "HEAD";
  framing.http_1_0 = exchange->parser.http_1_0();
  auto* stream = std::get_if<Stream>(&response.body);
  bool until_close = framing.http_1_0 && stream && !stream->length;
  bool readable = source.complete() || (source.state() == BodyState::more && left.value_or(0) <= drained);
  framing.keep =
      exchange->parser.keep_alive() && !response.close && !loop_->stopping() && readable && !unsent && !until_close;
  bool sent = co_await respond(link_, core_.pool, exchange, std::move(response), framing, core_.options.body_timeout);
  if (!sent) co_return Next::close;
  if (!framing.keep) co_return source.complete() ? Next::close : Next::close_unread;
  std::uint64_t dropped = 0;
  std::unique_ptr<char[]> scrap;
  while (!source.complete()) {
    if (!scrap) scrap = std::make_unique_for_overwrite<char[]>(16 * 1024);
    link_.allow(core_.options.body_timeout);
    dropped += co_await source.read(scrap.get(), 16 * 1024);
    if (dropped > drained || link_.killed()) co_return Next::close_unread;
    if (source.state() != BodyState::more && !source.complete()) co_return Next::close;
  }
  co_return Next::go_on;
}

}  // namespace clary::http
