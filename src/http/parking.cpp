// An answer that waits without a thread: until its waiter is woken, its time is up, the client goes or the server
// stops.
#include "http/connection.hpp"
#include "http/figures.hpp"

namespace clary::http {

// Parks the answer as often as the handler asks for it. False: the connection is over and the handler is not asked
// again.
Task<bool> Connection::settle_parked(Shared exchange, BodySource& source) {
  auto& request = exchange->request;
  while (exchange->response->parked) {
    if (!request.may_park) {
      exchange->response = bare(503, "The answer is not there yet.");
      exchange->response->headers.add("Retry-After", "1");
      break;
    }
    auto waited = co_await park(exchange);
    if (waited == Waited::gone) co_return false;
    if (waited == Waited::stopping) {
      exchange->response = bare(503, "The server stops.");
      exchange->response->close = true;
      break;
    }
    exchange->response.reset();
    exchange->finished = false;
    exchange->step = Exchange::Step::handle;
    if (!core_.pool.resume(exchange)) co_return false;
    if (!co_await ask_handler(exchange, source)) co_return false;
  }
  co_return true;
}

Task<Connection::Waited> Connection::park(Shared exchange) {
  Place place(core_.parked, core_.options.max_parked);
  auto waiter = exchange->response->parked;
  auto until = exchange->response->parked_until;
  if (!place.got() || until <= Loop::Clock::now()) {
    exchange->request.may_park = false;
    co_return Waited::ask_again;
  }
  Counted counted(figures().parked);
  exchange->woken = false;
  waiter->on_wake([weak = exchange->weak_from_this()] {
    if (auto self = weak.lock()) {
      self->woken = true;
      self->wake();
    }
  });
  link_.phase = Link::Phase::parked;
  link_.allow_until(until);
  bool gone = false;
  while (!exchange->woken && !link_.timed_out() && !link_.killed() && !loop_->stopping() && !gone) {
    if (link_.in.full()) {  // a client that sends on and on is watched no longer
      co_await exchange->changed.wait();
      continue;
    }
    // What comes meanwhile is the next request; an end means that nobody waits for this answer.
    exchange->reading = &link_;
    bool more = co_await link_.fill();
    exchange->reading = nullptr;
    gone = !more && !exchange->woken && !link_.timed_out() && !loop_->stopping();
  }
  waiter->forget();
  link_.phase = Link::Phase::busy;
  bool late = link_.timed_out();
  link_.allow(core_.options.body_timeout);
  link_.allow_forever();
  if (gone || link_.killed()) co_return Waited::gone;
  if (loop_->stopping()) co_return Waited::stopping;
  if (late) exchange->request.may_park = false;
  co_return Waited::ask_again;
}

}  // namespace clary::http
