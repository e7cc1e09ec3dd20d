#include "io/gunzip.hpp"

#include <algorithm>
#include <isa-l/igzip_lib.h>
#include <limits>
#include <vector>

namespace clary::io {

struct GunzipStream::State {
  inflate_state stream{};
  std::vector<char> in = std::vector<char>(256 * 1024);
  bool packed_ended = false, any = false;
};

GunzipStream::GunzipStream(ByteSource packed) : packed_(std::move(packed)), state_(std::make_unique<State>()) {
  ::isal_inflate_init(&state_->stream);
  state_->stream.crc_flag = ISAL_GZIP;
}

GunzipStream::~GunzipStream() = default;

Outcome<std::size_t> GunzipStream::read(char* data, std::size_t size) {
  inflate_state& stream = state_->stream;
  const auto room = static_cast<std::uint32_t>(std::min<std::size_t>(size, std::numeric_limits<std::uint32_t>::max()));
  stream.next_out = reinterpret_cast<std::uint8_t*>(data);
  stream.avail_out = room;
  while (stream.avail_out == room) {
    if (stream.avail_in == 0 && !state_->packed_ended) {
      TRY(const std::size_t got, packed_(state_->in.data(), state_->in.size()));
      stream.next_in = reinterpret_cast<std::uint8_t*>(state_->in.data());
      stream.avail_in = static_cast<std::uint32_t>(got);
      state_->packed_ended = got == 0;
    }
    if (stream.block_state == ISAL_BLOCK_FINISH) {
      if (stream.avail_in == 0) {
        if (state_->packed_ended) return std::size_t{0};
        continue;
      }
      ::isal_inflate_reset(&stream);  // the next member
      stream.crc_flag = ISAL_GZIP;
    }
    if (stream.avail_in == 0 && state_->packed_ended) {
      if (!state_->any) return std::size_t{0};
      // What the window still holds may be all that is left.
      const std::uint32_t before = stream.avail_out;
      if (const int code = ::isal_inflate(&stream); code < 0) return validation("the gzip stream is damaged");
      if (stream.avail_out == before && stream.block_state != ISAL_BLOCK_FINISH) return validation("the gzip stream is cut short");
      continue;
    }
    state_->any = true;
    if (const int code = ::isal_inflate(&stream); code < 0) return validation("the gzip stream is damaged, or it is none");
  }
  return static_cast<std::size_t>(room - stream.avail_out);
}

Outcome<std::string> gunzip(std::string_view packed, std::size_t most) {
  if (packed.empty()) return validation("the gzip stream is cut short");
  GunzipStream stream([&](char* data, std::size_t size) -> Outcome<std::size_t> {
    const std::size_t piece = packed.copy(data, size);
    packed.remove_prefix(piece);
    return piece;
  });
  constexpr std::size_t step = 64 * 1024;
  std::string unpacked;
  while (true) {
    const std::size_t before = unpacked.size();
    // One byte more than is allowed, to tell what fits exactly from what does not.
    unpacked.resize(std::min(most + 1, before + std::max(before, step)));
    TRY(const std::size_t got, stream.read(unpacked.data() + before, unpacked.size() - before));
    unpacked.resize(before + got);
    if (unpacked.size() > most) return make_error(ErrorKind::limit_exceeded, "the gzip stream stands for more than {} bytes", most);
    if (got == 0) return unpacked;
  }
}

}  // namespace clary::io
