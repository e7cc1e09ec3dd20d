// One request under way: what was read of it, the handler's thread at work on it, and what it answered.
// Private to http; shared by the connection and whoever answers. Thread rule: the loop's thread, but for run() (one
// pool thread) and for what is posted to the loop. Invariant: the request and its body live until the handler returns,
// even where the client went away long before.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/body.hpp"
#include "http/message.hpp"
#include "http/pool.hpp"

namespace clary::http {

class Exchange : public Work, public std::enable_shared_from_this<Exchange> {
 public:
  // What the pool thread does next.
  enum class Step { handle, pull, read_ahead };

  explicit Exchange(std::shared_ptr<Loop> loop) : loop_(std::move(loop)), parser(request) {}

  void run() override;
  // The handler, at once and on the loop's thread.
  void run_here();
  // Hands over the answer, from any thread; the first one counts.
  void answer(Response response);
  // Wakes the connection on its loop, from any thread.
  void wake();

 private:
  std::weak_ptr<Loop> loop_;
  std::atomic<bool> answering_{false};

 public:
  Request request;
  RequestParser parser;
  std::string body;  // where it was read before the handler was started
  std::unique_ptr<BodyPipe> pipe;
  std::function<Response(Request&, BodyReader&)> handle;

  Step step = Step::handle;
  std::optional<Response> response;
  bool finished = false;  // the step is done
  Signal changed;
  Link* reading = nullptr;             // the connection reads meanwhile: cancelled when the step is done
  std::atomic<bool> abandoned{false};  // nobody waits for the answer any more
  std::atomic<bool> woken{false};      // a parked answer's waiter

  // Step::pull
  std::function<Outcome<std::string>()> source;
  std::optional<Outcome<std::string>> piece;
  // Step::read_ahead
  FileRange range;

 private:
  void run_handler();
  void finish();
};

// A handler's answer when there is nothing to say but the status.
Response bare(unsigned status, std::string_view text = {});

}  // namespace clary::http
