// A request's body as its sender meant it: out of aws-chunked framing where it has one, checked against its signatures.
// A plain object of one call. Invariant: the end (an empty piece) is given only when the framing, the chunks'
// signatures, the trailer and the length were right; a body hashed as a whole is compared by whoever keeps it
// (payload_hash()).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/chunked.hpp"
#include "services/s3/call.hpp"

namespace clary::services::s3 {

class PayloadReader {
 public:
  explicit PayloadReader(Call& call);
  // The body's length without framing, where the client told it.
  std::optional<std::uint64_t> length() const { return length_; }
  // SHA-256 in hex that the whole must have; empty: there is none to compare.
  const std::string& payload_hash() const { return call_.verified.payload_hash; }
  // The next piece, valid until the next call; empty at the end.
  Outcome<std::string_view> next();
  // The value of a trailing header (lower case); empty where it did not come. After the end.
  std::string trailer(std::string_view name) const;

 private:
  Call& call_;
  std::optional<std::uint64_t> length_;
  std::optional<auth::ChunkedDecoder> decoder_;
  std::size_t size_;
  std::unique_ptr<char[]> buffer_;
  std::string_view input_;
};

// A whole body of at most `limit` bytes, checked against all that the request says of it (hash, Content-MD5, and the checksum unless that
// is `of_object`: CompleteMultipartUpload's header sums the object, not the document).
Outcome<std::string> read_document(Call& call, std::size_t limit, bool of_object);

}  // namespace clary::services::s3
