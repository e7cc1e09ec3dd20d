// Decodes an `aws-chunked` body as it comes: signed chunks, signed with a trailer, unsigned with a trailer. Source:
// Amazon S3 API Reference, "Signature calculations for the Authorization header: transferring payload in multiple
// chunks". Owned by whoever reads the body. Thread rule: one thread at a time. Invariant: data may be given out before
// its chunk's signature was checked, but finish() succeeds only when every chunk, the trailer and the length were
// right: nothing may be committed before it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/digest.hpp"
#include "auth/signature.hpp"
#include "base/outcome.hpp"

namespace clary::auth {

struct ChunkedBody {
  Payload payload = Payload::chunked_unsigned_trailer;  // one of the chunked kinds
  // From Verified, for signed chunks:
  std::string signing_key, seed_signature, date, credential_scope;
  std::optional<std::uint64_t> decoded_length;  // x-amz-decoded-content-length
  std::string announced_trailers;               // x-amz-trailer, as sent: exactly these must come

  static ChunkedBody of(const Verified& verified, std::optional<std::uint64_t> decoded_length,
                        std::string announced_trailers);
};

class ChunkedDecoder {
 public:
  explicit ChunkedDecoder(ChunkedBody body);
  // Takes framing and data off the front of `input` and returns the next piece of data, a view into `input`; empty when
  // all of it was taken. Call until `input` is empty. Errors: IncompleteBody, InvalidChunkSizeError,
  // MalformedTrailerError, SignatureDoesNotMatch.
  Outcome<std::string_view> next(std::string_view& input);
  bool ended() const { return state_ == State::ended; }  // the last byte of the framing was seen
  // To be called at the end of the body.
  Outcome<void> finish() const;
  std::uint64_t decoded() const { return decoded_; }
  // Names in lower case; without the trailer's signature.
  const std::vector<std::pair<std::string, std::string>>& trailers() const { return trailers_; }

 private:
  enum class State { header, data, data_end, trailer, ended, failed };

  bool is_signed() const { return body_.payload != Payload::chunked_unsigned_trailer; }
  Error fail(Error error);
  // Moves a line out of `input` into line_; false when its end has not come yet.
  Outcome<bool> take_line(std::string_view& input);
  Outcome<void> on_header();
  Outcome<void> on_data_end(char byte);
  Outcome<void> on_trailer();
  Outcome<void> end_trailers();
  Outcome<void> check_chunk();
  Outcome<void> check_signature(std::string_view kind, const std::string& digests, std::string_view signature);

  ChunkedBody body_;
  State state_ = State::header;
  std::optional<Error> failure_;
  std::string line_;
  std::uint64_t left_ = 0;     // of this chunk's data
  std::uint64_t decoded_ = 0;  // announced by the chunk headers so far
  int end_bytes_ = 0;          // of the CRLF after the data
  std::size_t trailer_bytes_ = 0;
  std::string previous_signature_, chunk_signature_;
  Sha256 digest_;
  std::vector<std::pair<std::string, std::string>> trailers_;
};

}  // namespace clary::auth
