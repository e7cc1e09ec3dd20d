// A gzip stream as the bytes that it stands for, read piece by piece: one member after the other, as gzip itself does.
// A plain object of one thread; `packed` must stay. Invariant: memory is bounded whatever the stream says, and bytes of a
// stream that is cut short or wrong end in an Error.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "io/archive.hpp"

namespace clary::io {

class GunzipStream {
 public:
  explicit GunzipStream(ByteSource packed);
  ~GunzipStream();
  GunzipStream(const GunzipStream&) = delete;
  // As a ByteSource: 0 at the end.
  Outcome<std::size_t> read(char* data, std::size_t size);

 private:
  struct State;
  const ByteSource packed_;
  std::unique_ptr<State> state_;
};

// What a whole stream stands for; ErrorKind::validation where it is none, ErrorKind::limit_exceeded beyond `most` bytes.
Outcome<std::string> gunzip(std::string_view packed, std::size_t most);

}  // namespace clary::io
