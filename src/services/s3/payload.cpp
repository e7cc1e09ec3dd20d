#include "services/s3/payload.hpp"

#include <algorithm>
#include <charconv>

#include "base/bytes.hpp"
#include "objects/checksum.hpp"
#include "services/s3/checksums.hpp"
#include "services/s3/errors.hpp"

namespace clary::services::s3 {

namespace {

constexpr std::size_t largest_buffer = 256 * 1024, smallest_buffer = 4096;

bool is_chunked(auth::Payload payload) {
  return payload == auth::Payload::chunked_signed || payload == auth::Payload::chunked_signed_trailer ||
         payload == auth::Payload::chunked_unsigned_trailer;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

PayloadReader::PayloadReader(Call& call) : call_(call) {
  if (is_chunked(call.verified.payload)) {
    length_ = number(call.header("x-amz-decoded-content-length"));
    decoder_.emplace(auth::ChunkedBody::of(call.verified, length_, std::string(call.header("x-amz-trailer"))));
  } else {
    length_ = call.request.has_body ? call.request.content_length : std::uint64_t{0};
  }
  const std::uint64_t wanted = length_.value_or(largest_buffer) + (decoder_ ? smallest_buffer : 0);
  size_ = static_cast<std::size_t>(std::clamp<std::uint64_t>(wanted, smallest_buffer, largest_buffer));
  buffer_ = std::make_unique_for_overwrite<char[]>(size_);
}

Outcome<std::string_view> PayloadReader::next() {
  while (true) {
    while (!input_.empty() && decoder_) {
      TRY(std::string_view piece, decoder_->next(input_));
      if (!piece.empty()) return piece;
    }
    TRY(std::size_t got, call_.body.read(buffer_.get(), size_));
    if (got == 0) {
      if (decoder_) CHECK_OK(decoder_->finish());
      return std::string_view{};
    }
    if (!decoder_) return std::string_view(buffer_.get(), got);
    input_ = {buffer_.get(), got};
  }
}

std::string PayloadReader::trailer(std::string_view name) const {
  if (!decoder_) return {};
  for (const auto& [trailer, value] : decoder_->trailers()) {
    if (trailer == name) return value;
  }
  return {};
}

Outcome<std::string> read_document(Call& call, std::size_t limit, bool of_object) {
  PayloadReader reader(call);
  std::string document;
  while (true) {
    TRY(std::string_view piece, reader.next());
    if (piece.empty()) break;
    if (document.size() + piece.size() > limit) return malformed_xml();
    document += piece;
  }
  if (!reader.payload_hash().empty() && auth::sha256_hex(document) != reader.payload_hash()) {
    return aws_error(ErrorKind::validation, "XAmzContentSHA256Mismatch",
                     "The provided 'x-amz-content-sha256' header does not match what was computed.");
  }
  if (std::string_view sent = call.header("content-md5"); !sent.empty()) {
    auto raw = from_base64(sent);
    if (!raw || raw->size() != 16)
      return aws_error(ErrorKind::validation, "InvalidDigest", "The Content-MD5 you specified was invalid.");
    if (*raw != objects::md5(document)) {
      return aws_error(ErrorKind::validation, "BadDigest",
                       "The Content-MD5 you specified did not match what we received.");
    }
  }
  if (of_object) return document;
  TRY(SentChecksum sent, read_checksum(call.request));
  if (sent.trailing) sent.value = reader.trailer(header_of(sent.algorithm));
  if (sent.algorithm.empty() || sent.value.empty()) return document;
  objects::Checksum sum(*objects::algorithm_named(sent.algorithm));
  sum.update(document);
  if (to_base64(sum.raw()) == sent.value) return document;
  return aws_error(ErrorKind::validation, "BadDigest", "The {} you specified did not match the calculated checksum.",
                   sent.algorithm);
}

}  // namespace clary::services::s3
