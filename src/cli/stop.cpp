#include <fmt/core.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

#include "cli/commands.hpp"
#include "cli/connection.hpp"

namespace clary::cli {

int stop(const std::string& data_dir) {
  constexpr int longest_wait = 660'000;  // milliseconds: beyond the largest stop-grace-seconds
  auto running = server::find_running_server(server::DataFolder{data_dir});
  if (!running) {
    fmt::print("no server runs on {}\n", data_dir);
    return 0;
  }
  io::File process(static_cast<int>(syscall(SYS_pidfd_open, running->pid, 0)));
  if (!process || ::kill(static_cast<pid_t>(running->pid), SIGTERM) != 0)
    return fail(make_error(ErrorKind::access_denied, "process {} cannot be stopped by this user", running->pid));
  pollfd wait{process.fd(), POLLIN, 0};
  if (::poll(&wait, 1, longest_wait) != 1) return fail(make_error(ErrorKind::timed_out, "process {} does not end", running->pid));
  fmt::print("stopped\n");
  return 0;
}

}  // namespace clary::cli
