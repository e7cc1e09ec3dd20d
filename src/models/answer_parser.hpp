// Reads one HTTP/1.1 answer of a worker, piece by piece. The worker runs a user's code, so every byte of it is doubted.
// Owned by the connection that reads it, used again for the next answer. Thread rule: one thread at a time.
// Invariant: head and body stay within their limits, and what is not a well-framed answer is `broken`, never guessed
// at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace clary::models {

class AnswerParser {
 public:
  enum class State { reading, done, broken, too_large };

  explicit AnswerParser(std::size_t body_limit) : body_limit_(body_limit) {}
  void reset();
  // Takes in what has arrived. Bytes after the end of the answer make the connection unfit to be kept, not the answer
  // broken.
  State feed(std::string_view data);
  // The worker closed the connection: the end of a body without a length, else a broken answer.
  State finish();

  State state() const { return state_; }
  bool begun() const { return begun_; }            // at least one byte has come
  bool keep_alive() const { return keep_alive_; }  // once done
  const char* why() const { return why_; }         // once broken

  unsigned status = 0;
  std::string content_type, custom_attributes, body;

 private:
  enum class Part { head, sized, chunk_size, chunk_data, chunk_end, trailer, until_close };

  std::size_t take_head(std::string_view data);
  bool parse_head(std::string_view head);
  bool parse_field(std::string_view line);
  bool frame_body();
  std::size_t take_sized(std::string_view data);
  std::size_t take_line(std::string_view data);
  void end_line();
  void append_body(std::string_view data);
  void fail(const char* why);

  std::size_t body_limit_;
  State state_ = State::reading;
  Part part_ = Part::head;
  bool begun_ = false, keep_alive_ = true, chunked_ = false;
  const char* why_ = "";
  std::optional<std::uint64_t> length_;
  std::uint64_t left_ = 0;  // of a sized body or a chunk
  std::string line_;        // a head, chunk-size line or trailer that came in pieces
  std::size_t trailer_bytes_ = 0;
};

}  // namespace clary::models
