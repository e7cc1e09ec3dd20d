#include "auth/chunked.hpp"

#include <algorithm>
#include <charconv>

#include "auth/canonical.hpp"
#include "auth/errors.hpp"
#include "base/bytes.hpp"

namespace clary::auth {

namespace {

constexpr std::size_t max_line = 4096;
constexpr std::size_t max_trailers = 16;
constexpr std::uint64_t max_total = 1ULL << 62;
constexpr std::string_view trailer_signature = "x-amz-trailer-signature";

Error bad(std::string code, std::string why) {
  return Error{ErrorKind::validation, std::move(why), {}, std::move(code), {}};
}

Error incomplete_body(std::string why = "The request body terminated unexpectedly") {
  return bad("IncompleteBody", std::move(why));
}

Error bad_chunk(std::string why) {
  return bad("InvalidChunkSizeError", std::move(why));
}

Error bad_trailer() {
  return bad(
      "MalformedTrailerError",
      "The request contained trailing data that was not well-formed or did not conform to our published schema.");
}

std::vector<std::string> sorted_names(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    std::string_view name = list.substr(0, list.find(','));
    list.remove_prefix(std::min(name.size() + 1, list.size()));
    if (!trimmed(name).empty()) names.push_back(to_lower(trimmed(name)));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

ChunkedBody ChunkedBody::of(const Verified& verified, std::optional<std::uint64_t> decoded_length,
                            std::string announced_trailers) {
  return {verified.payload,          verified.signing_key, verified.seed_signature,      verified.date,
          verified.credential_scope, decoded_length,       std::move(announced_trailers)};
}

ChunkedDecoder::ChunkedDecoder(ChunkedBody body) : body_(std::move(body)), previous_signature_(body_.seed_signature) {}

Error ChunkedDecoder::fail(Error error) {
  state_ = State::failed;
  failure_ = error;
  return error;
}

Outcome<std::string_view> ChunkedDecoder::next(std::string_view& input) {
  while (!input.empty()) {
    Outcome<void> step;
    if (state_ == State::failed) return *failure_;
    if (state_ == State::ended) return fail(incomplete_body("There is data after the last chunk of the request body."));
    if (state_ == State::data) {
      std::string_view piece = input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size())));
      input.remove_prefix(piece.size());
      left_ -= piece.size();
      if (is_signed()) digest_.update(piece);
      if (left_ == 0) state_ = State::data_end;
      return piece;
    }
    if (state_ == State::data_end) {
      step = on_data_end(input.front());
      input.remove_prefix(1);
    } else {
      auto whole = take_line(input);
      if (!whole) {
        step = std::move(whole).error();
      } else if (*whole) {
        step = state_ == State::header ? on_header() : on_trailer();
        line_.clear();
      }
    }
    if (!step) return fail(std::move(step).error());
  }
  return std::string_view();
}

Outcome<void> ChunkedDecoder::finish() const {
  if (failure_) return *failure_;
  if (state_ != State::ended) return incomplete_body();
  if (body_.decoded_length && *body_.decoded_length != decoded_)
    return incomplete_body(
        "You did not provide the number of bytes specified by the x-amz-decoded-content-length HTTP header");
  return {};
}

Outcome<bool> ChunkedDecoder::take_line(std::string_view& input) {
  const std::size_t end = input.find('\n');
  const std::size_t taken = std::min(end, input.size());
  if (line_.size() + taken > max_line)
    return state_ == State::header ? bad_chunk("The header of a chunk is too long.") : bad_trailer();
  line_ += input.substr(0, taken);
  if (end == std::string_view::npos) {
    input = {};
    return false;
  }
  input.remove_prefix(end + 1);
  if (line_.empty() || line_.back() != '\r')
    return state_ == State::header ? bad_chunk("The header of a chunk does not end with CRLF.") : bad_trailer();
  line_.pop_back();
  return true;
}

// 10000;chunk-signature=ad80c730...
Outcome<void> ChunkedDecoder::on_header() {
  std::string_view size_text = std::string_view(line_).substr(0, line_.find(';'));
  std::uint64_t size = 0;
  auto [end, code] = std::from_chars(size_text.data(), size_text.data() + size_text.size(), size, 16);
  if (code != std::errc() || end != size_text.data() + size_text.size())
    return bad_chunk("The size of a chunk is not a hexadecimal number.");
  if (is_signed()) {
    constexpr std::string_view name = ";chunk-signature=";
    std::string_view extension = std::string_view(line_).substr(size_text.size());
    if (!extension.starts_with(name)) return bad_chunk("A chunk has no signature.");
    chunk_signature_ = extension.substr(name.size());
  }
  if (size > body_.decoded_length.value_or(max_total) - decoded_)
    return incomplete_body(
        "The request body holds more bytes than the x-amz-decoded-content-length HTTP header specifies");
  decoded_ += size;
  left_ = size;
  state_ = size > 0 ? State::data : State::trailer;
  return size > 0 ? Outcome<void>() : check_chunk();
}

Outcome<void> ChunkedDecoder::on_data_end(char byte) {
  if (byte != "\r\n"[end_bytes_]) return bad_chunk("A chunk is longer than its header says.");
  if (++end_bytes_ < 2) return {};
  end_bytes_ = 0;
  state_ = State::header;
  return check_chunk();
}

Outcome<void> ChunkedDecoder::on_trailer() {
  if (line_.empty()) return end_trailers();
  trailer_bytes_ += line_.size();
  const std::size_t colon = line_.find(':');
  if (body_.payload == Payload::chunked_signed || colon == std::string::npos || colon == 0 ||
      trailer_bytes_ > max_line || trailers_.size() == max_trailers)
    return bad_trailer();
  std::string_view line = line_;
  std::string name = to_lower(trimmed(line.substr(0, colon)));
  for (const auto& [known, value] : trailers_) {
    if (known == name) return bad_trailer();
  }
  trailers_.emplace_back(std::move(name), trimmed(line.substr(colon + 1)));
  return {};
}

Outcome<void> ChunkedDecoder::end_trailers() {
  std::string signature;
  std::erase_if(trailers_, [&](const auto& trailer) {
    if (trailer.first != trailer_signature) return false;
    signature = trailer.second;
    return true;
  });
  auto sorted = trailers_;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::string> names;
  std::string canonical;
  for (const auto& [name, value] : sorted) {
    names.push_back(name);
    canonical.append(name).append(1, ':').append(value).append(1, '\n');
  }
  if (names != sorted_names(body_.announced_trailers)) return bad_trailer();
  if (body_.payload == Payload::chunked_signed_trailer)
    CHECK_OK(check_signature("AWS4-HMAC-SHA256-TRAILER", sha256_hex(canonical), signature));
  state_ = State::ended;
  return {};
}

Outcome<void> ChunkedDecoder::check_chunk() {
  if (!is_signed()) return {};
  return check_signature("AWS4-HMAC-SHA256-PAYLOAD", fmt::format("{}\n{}", hash_of_nothing, to_hex(digest_.finish())),
                         chunk_signature_);
}

Outcome<void> ChunkedDecoder::check_signature(std::string_view kind, const std::string& digests,
                                              std::string_view signature) {
  const std::string text =
      fmt::format("{}\n{}\n{}\n{}\n{}", kind, body_.date, body_.credential_scope, previous_signature_, digests);
  if (!equal_in_constant_time(signature, to_hex(hmac_sha256(body_.signing_key, text))))
    return as_named_by("s3", signature_mismatch());
  previous_signature_ = signature;
  return {};
}

}  // namespace clary::auth
