#include "workers/handshake.hpp"

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace clary::workers {

Outcome<Ends> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return io::system_error("pipe", "", errno);
  return Ends{io::File(ends[0]), io::File(ends[1])};
}

Outcome<Ends> make_socket() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return io::system_error("socketpair", "", errno);
  const timeval limit{handshake_patience.count(), 0};
  setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  return Ends{io::File(ends[0]), io::File(ends[1])};
}

std::string read_until(const io::File& from, std::string_view wanted, Instant end, const io::File& writer) {
  std::string text;
  char buffer[4096];
  while (text.size() < 65536 && !(text.size() >= wanted.size() && !wanted.empty() && text.ends_with(wanted))) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    pollfd entries[2] = {{from.fd(), POLLIN, 0}, {writer.fd(), POLLIN, 0}};
    const int ready = poll(entries, 2, left > 0 ? static_cast<int>(left) : 0);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0 || entries[0].revents == 0) break;
    const ssize_t got = ::read(from.fd(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

bool send_all(const io::File& to, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = send(to.fd(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

Outcome<io::File> open_namespace(const io::ProcessId& process, const char* name) {
  TRY(io::File opened, io::File::open(fmt::format("/proc/{}/ns/{}", process.pid, name), O_RDONLY));
  // Its pid is its own while it lives: what was opened is the namespace of that very process.
  CHECK_OK(io::open_process(process));
  return opened;
}

}  // namespace clary::workers
