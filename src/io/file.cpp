#include "io/file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/rng.hpp"

namespace clary::io {

File& File::operator=(File&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = other.release();
  }
  return *this;
}

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

Error system_error(std::string_view call, std::string_view path, int code) {
  auto kind = code == ENOENT                        ? ErrorKind::not_found
              : code == ENOSPC || code == EDQUOT    ? ErrorKind::unavailable
                                                    : ErrorKind::internal;
  Error error = internal("{} {}: {}", call, path, std::strerror(code));
  error.kind = kind;
  if (kind == ErrorKind::unavailable) error.message = "There is no space left on the server's disk.";
  return error;
}

Outcome<File> File::open(const std::string& path, int flags, mode_t mode) {
  int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  if (fd < 0) return system_error("open", path, errno);
  return File(fd);
}

Outcome<void> File::write_all(std::string_view data) {
  while (!data.empty()) {
    ssize_t wrote = ::write(fd_, data.data(), data.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return system_error("write", "", errno);
    data.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

Outcome<std::size_t> File::read(char* data, std::size_t size) {
  ssize_t got = 0;
  do {
    got = ::read(fd_, data, size);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return system_error("read", "", errno);
  return static_cast<std::size_t>(got);
}

Outcome<std::size_t> File::pread(char* data, std::size_t size, std::uint64_t offset) const {
  ssize_t got = 0;
  do {
    got = ::pread(fd_, data, size, static_cast<off_t>(offset));
  } while (got < 0 && errno == EINTR);
  if (got < 0) return system_error("pread", "", errno);
  return static_cast<std::size_t>(got);
}

Outcome<std::uint64_t> File::size() const {
  struct stat info {};
  if (fstat(fd_, &info) != 0) return system_error("fstat", "", errno);
  return static_cast<std::uint64_t>(info.st_size);
}

Outcome<void> File::sync() {
  if (fdatasync(fd_) != 0) return system_error("fdatasync", "", errno);
  return {};
}

Outcome<std::string> read_file(const std::string& path, std::size_t limit) {
  TRY(File file, File::open(path, O_RDONLY));
  std::string data;
  char buffer[65536];
  while (true) {
    TRY(std::size_t got, file.read(buffer, sizeof buffer));
    if (got == 0) return data;
    if (data.size() + got > limit) return make_error(ErrorKind::limit_exceeded, "the file is over {} bytes", limit);
    data.append(buffer, got);
  }
}

Outcome<void> write_durably(const std::string& path, std::string_view data, mode_t mode) {
  const std::string temporary = path + ".tmp-" + random_alphanumeric(8);
  {
    TRY(File file, File::open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode));
    auto wrote = file.write_all(data);
    if (wrote) wrote = file.sync();
    if (!wrote) {
      ::unlink(temporary.c_str());
      return wrote;
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    int code = errno;
    ::unlink(temporary.c_str());
    return system_error("rename", path, code);
  }
  return sync_folder(std::filesystem::path(path).parent_path());
}

Outcome<void> make_folders(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0 || errno == EEXIST) return {};
  if (errno != ENOENT || path.empty()) return system_error("mkdir", path, errno);
  CHECK_OK(make_folders(std::filesystem::path(path).parent_path(), mode));
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return system_error("mkdir", path, errno);
  return {};
}

Outcome<void> sync_folder(const std::string& path) {
  TRY(File folder, File::open(path.empty() ? "." : path, O_RDONLY | O_DIRECTORY));
  if (fsync(folder.fd()) != 0) return system_error("fsync", path, errno);
  return {};
}

Outcome<void> remove_tree(const std::string& path) {
  std::error_code code;
  std::filesystem::remove_all(path, code);
  if (code && code.value() != ENOENT) return system_error("remove", path, code.value());
  return {};
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

}  // namespace clary::io
