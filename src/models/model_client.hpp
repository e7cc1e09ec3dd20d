// Asks a model server, one request at a time on a connection that it keeps. Owned by the thread that asks; several make a
// worker work on several requests. Thread rule: one thread; it blocks, with a deadline, and looks at `cancelled` now and
// then. Invariant: an answer is whole and well-framed, or there is none.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "io/archive.hpp"
#include "models/answer_parser.hpp"
#include "models/worker_socket.hpp"

namespace clary::models {

struct ModelRequest {
  std::string_view method = "POST", path = "/invocations";
  std::string_view content_type, accept;
  std::string_view body;
  // In place of `body`: it is sent in chunks while it is read.
  const io::ByteSource* stream = nullptr;
  // Takes the body of a good answer as it comes, in place of ModelAnswer::body.
  const io::ByteSink* sink = nullptr;
};

struct ModelAnswer {
  // unreachable: nobody listens, or the connection ended before an answer. broken: what came is no HTTP answer, or too much.
  enum class Kind { answered, unreachable, broken, timed_out, cancelled } kind = Kind::answered;
  unsigned status = 0;
  std::string content_type, body;
  std::string why;  // of broken
  bool good() const { return kind == Kind::answered && status / 100 == 2; }
};

class ModelClient {
 public:
  // `folder`: where the worker has its socket.
  ModelClient(std::string folder, std::size_t answer_limit) : folder_(std::move(folder)), parser_(answer_limit) {}

  // An Error: the stream or the sink failed.
  Outcome<ModelAnswer> ask(const ModelRequest& request, std::chrono::milliseconds timeout,
                           const std::function<bool()>& cancelled);

 private:
  using Clock = std::chrono::steady_clock;
  Outcome<ModelAnswer> ask_once(const ModelRequest& request, Clock::time_point deadline,
                                const std::function<bool()>& cancelled);
  bool connect(Clock::time_point deadline, const std::function<bool()>& cancelled);
  Outcome<void> prepare(const ModelRequest& request);
  bool send(const ModelRequest& request);
  Outcome<bool> receive(const ModelRequest& request);
  Outcome<void> pass_on(const ModelRequest& request);

  const std::string folder_;
  AnswerParser parser_;
  io::File socket_;
  bool used_before_ = false;
  std::string head_;  // the request's head, then its chunks
  std::size_t sent_ = 0;
  bool all_sent_ = false, stream_ended_ = false;
};

}  // namespace clary::models
