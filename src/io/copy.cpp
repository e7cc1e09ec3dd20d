#include "io/copy.hpp"

#include <algorithm>
#include <cerrno>
#include <unistd.h>
#include <vector>

namespace clary::io {

namespace {

constexpr std::size_t step = 16 << 20;
constexpr std::size_t copy_buffer = 256 * 1024;

bool not_offered(int code) {
  return code == EXDEV || code == EINVAL || code == ENOSYS || code == EOPNOTSUPP || code == EBADF || code == EPERM;
}

Outcome<void> through_buffer(const File& from, File& to, std::uint64_t offset, std::uint64_t size,
                             const std::function<bool()>& cancelled) {
  std::vector<char> buffer(std::min<std::uint64_t>(copy_buffer, size - offset));
  while (offset < size) {
    if (cancelled && cancelled()) return make_error(ErrorKind::timed_out, "the work was given up");
    TRY(std::size_t got, from.pread(buffer.data(), std::min<std::uint64_t>(buffer.size(), size - offset), offset));
    if (got == 0) return internal("a file of {} bytes ended at {}", size, offset);
    CHECK_OK(to.write_all({buffer.data(), got}));
    offset += got;
  }
  return {};
}

}  // namespace

Outcome<void> copy_bytes(const File& from, File& to, std::uint64_t size, const std::function<bool()>& cancelled) {
  std::uint64_t offset = 0;
  while (offset < size) {
    if (cancelled && cancelled()) return make_error(ErrorKind::timed_out, "the work was given up");
    auto at = static_cast<off64_t>(offset);
    const ssize_t got =
        ::copy_file_range(from.fd(), &at, to.fd(), nullptr, std::min<std::uint64_t>(step, size - offset), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && !not_offered(errno)) return system_error("copy_file_range", "", errno);
    // Some file systems say 0 where they mean that they cannot: the buffer finds out.
    if (got <= 0) return through_buffer(from, to, offset, size, cancelled);
    offset += static_cast<std::uint64_t>(got);
  }
  return {};
}

}  // namespace clary::io
