// A request's body on its way from the socket to the handler: BodySource reads it on the loop, BodyPipe carries it to
// the pool thread that pulls it. Private to http; owned by the exchange. Thread rule: BodySource on the loop's thread;
// BodyPipe::read on one pool thread, the rest of it on the loop's. Invariant: a pipe holds at most `most_pieces`
// pieces, whatever the body's length; not a byte past the body is taken.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "http/link.hpp"
#include "http/request_parser.hpp"

namespace clary::http {

enum class BodyState { more, complete, gone, timed_out, broken };

class BodySource {
 public:
  BodySource(Link& link, RequestParser& parser, const Request& request);
  BodyState state() const { return state_; }
  bool complete() const { return state_ == BodyState::complete; }
  // What is still to come; nothing where the length is not known.
  std::optional<std::uint64_t> remaining() const;
  // Reads at least one byte unless the body ends or fails: see state(). Interrupted, it reads nothing and stays at
  // `more`.
  Task<std::size_t> read(char* data, std::size_t size);
  // Reads what is there already.
  std::size_t read_now(char* data, std::size_t size);
  Error failure() const;

 private:
  Task<std::size_t> read_chunks(char* data, std::size_t size);
  std::size_t take_buffered(char* data, std::size_t size);
  void ended();

  Link& link_;
  RequestParser& parser_;
  const bool chunked_;
  std::uint64_t left_ = 0;
  BodyState state_ = BodyState::more;
};

class BodyPipe : public BodyReader {
 public:
  static constexpr std::size_t piece_size = 512 * 1024;
  static constexpr std::size_t most_pieces = 3;
  using Piece = std::unique_ptr<char[]>;

  // `on_room` is called on the pool thread when a piece is free again and the loop waits for one.
  BodyPipe(std::size_t piece, std::function<void()> on_room) : piece_(piece), on_room_(std::move(on_room)) {}

  Outcome<std::size_t> read(char* data, std::size_t size) override;

  std::size_t piece() const { return piece_; }
  Piece take_free();  // null: none now; on_room will be called
  void give_back(Piece piece);
  void push(Piece piece, std::size_t size);
  void end();
  void fail(Error error);
  bool hungry() const;  // the handler waits

 private:
  struct Filled {
    Piece data;
    std::size_t size = 0, at = 0;
  };
  const std::size_t piece_;
  const std::function<void()> on_room_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Filled> filled_;
  std::vector<Piece> free_;
  std::size_t made_ = 0;
  bool ended_ = false;
  bool waiting_ = false;
  bool room_wanted_ = false;
  std::optional<Error> error_;
};

// A body that is in memory already.
class TextReader : public BodyReader {
 public:
  explicit TextReader(std::string_view text) : rest_(text) {}
  Outcome<std::size_t> read(char* data, std::size_t size) override;
  std::optional<std::string> take_rest() override { return std::string(std::exchange(rest_, {})); }

 private:
  std::string_view rest_;
};

}  // namespace clary::http
