#include "io/gzip.hpp"

#include <algorithm>
#include <cstring>
#include <isa-l/igzip_lib.h>
#include <vector>

namespace clary::io {

namespace {

constexpr std::size_t gzip_buffer = 512 * 1024;

}  // namespace

struct GzipStream::State {
  isal_zstream stream{};
  std::vector<std::uint8_t> level = std::vector<std::uint8_t>(ISAL_DEF_LVL2_DEFAULT);
  std::vector<std::uint8_t> in = std::vector<std::uint8_t>(gzip_buffer);
  std::vector<std::uint8_t> out = std::vector<std::uint8_t>(gzip_buffer);
  std::size_t fill = 0;  // of `in`
};

GzipStream::GzipStream(const ByteSink& sink) : sink_(sink), state_(std::make_unique<State>()) {
  isal_zstream& stream = state_->stream;
  ::isal_deflate_init(&stream);
  stream.level = 2;
  stream.level_buf = state_->level.data();
  stream.level_buf_size = static_cast<std::uint32_t>(state_->level.size());
  stream.gzip_flag = IGZIP_GZIP;
  stream.flush = NO_FLUSH;
  stream.next_out = state_->out.data();
  stream.avail_out = static_cast<std::uint32_t>(state_->out.size());
}

GzipStream::~GzipStream() = default;

// The compressor sees pieces of one size, so that what it makes does not depend on the caller's.
Outcome<void> GzipStream::write(std::string_view data) {
  while (!data.empty()) {
    const std::size_t piece = std::min(data.size(), gzip_buffer - state_->fill);
    std::memcpy(state_->in.data() + state_->fill, data.data(), piece);
    state_->fill += piece;
    data.remove_prefix(piece);
    if (state_->fill == gzip_buffer) CHECK_OK(deflate(false));
  }
  return {};
}

Outcome<void> GzipStream::close() {
  CHECK_OK(deflate(true));
  return pass_on();
}

Outcome<void> GzipStream::deflate(bool last) {
  isal_zstream& stream = state_->stream;
  stream.next_in = state_->in.data();
  stream.avail_in = static_cast<std::uint32_t>(std::exchange(state_->fill, 0));
  stream.end_of_stream = last ? 1 : 0;
  do {
    if (const int code = ::isal_deflate(&stream); code != COMP_OK) return internal("isal_deflate gave {}", code);
    if (stream.avail_out == 0) CHECK_OK(pass_on());
  } while (stream.avail_in > 0 || (last && stream.internal_state.state != ZSTATE_END));
  return {};
}

Outcome<void> GzipStream::pass_on() {
  isal_zstream& stream = state_->stream;
  const std::size_t made = state_->out.size() - stream.avail_out;
  stream.next_out = state_->out.data();
  stream.avail_out = static_cast<std::uint32_t>(state_->out.size());
  if (made == 0) return {};
  return sink_({reinterpret_cast<const char*>(state_->out.data()), made});
}

}  // namespace clary::io
