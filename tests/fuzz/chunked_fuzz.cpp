// fuzz: auth
// Any bytes as an aws-chunked body, in pieces of any size: no crash, no more data than was announced, and a body of
// known framing decodes to itself however it is cut.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "auth/chunked.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

struct Decoded {
  bool ok = false;
  std::string data;
};

Decoded decode(clary::auth::Payload payload, std::optional<std::uint64_t> length, std::string_view body,
               std::size_t step) {
  clary::auth::ChunkedDecoder decoder(
      {payload, std::string(32, 'k'), "seed", "20261124T203820Z", "scope", length, "x-amz-checksum-crc32"});
  Decoded decoded;
  while (!body.empty()) {
    std::string_view piece = body.substr(0, step);
    body.remove_prefix(piece.size());
    while (!piece.empty()) {
      const std::size_t before = piece.size();
      auto data = decoder.next(piece);
      if (!data) {
        require(!decoder.finish());
        return decoded;
      }
      require(piece.size() < before);
      decoded.data += *data;
    }
  }
  decoded.ok = decoder.finish().ok();
  require(!decoded.ok || (decoder.ended() && decoder.decoded() == decoded.data.size()));
  require(!length || decoded.data.size() <= *length);
  return decoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 3) return 0;
  using clary::auth::Payload;
  constexpr Payload kinds[] = {Payload::chunked_signed, Payload::chunked_signed_trailer,
                               Payload::chunked_unsigned_trailer};
  const Payload payload = kinds[bytes[0] % 3];
  const std::size_t step = bytes[1] % 64 + 1;
  const auto length = bytes[2] < 128 ? std::optional<std::uint64_t>(bytes[2]) : std::nullopt;
  const std::string_view body(reinterpret_cast<const char*>(bytes) + 3, size - 3);
  const Decoded whole = decode(payload, length, body, body.size() + 1), cut = decode(payload, length, body, step);
  require(whole.ok == cut.ok && (!whole.ok || whole.data == cut.data));
  return 0;
}
