#include "models/worker_socket.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace clary::models {

Outcome<WorkerSocket> WorkerSocket::open(const std::string& folder) {
  std::string path = folder + '/' + std::string(socket_name);
  TRY(io::File inode, io::File::open(path, O_PATH | O_NOFOLLOW));
  struct stat about {};
  if (fstat(inode.fd(), &about) != 0) return io::system_error("fstat", path, errno);
  if (!S_ISSOCK(about.st_mode)) return make_error(ErrorKind::not_found, "not a socket");
  WorkerSocket socket;
  socket.inode_ = std::move(inode);
  socket.device_ = about.st_dev;
  socket.number_ = about.st_ino;
  return socket;
}

Outcome<io::File> WorkerSocket::connect() const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", inode_.fd());
  io::File socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return io::system_error("socket", "", errno);
  if (::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return socket;
  if (errno == EAGAIN) return make_error(ErrorKind::throttled, "The worker accepts no more connections at the moment.");
  Error error = io::system_error("connect", address.sun_path, errno);
  error.kind = ErrorKind::unavailable;
  return error;
}

}  // namespace clary::models
