// Files and folders, with the promises that a store needs. Thread rule: any thread (a File by one thread at a time, but for pread).
// Invariant: what write_durably() and sync_folder() acknowledged survives power loss.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/outcome.hpp"

namespace clary::io {

// An owned file descriptor.
class File {
 public:
  File() = default;
  explicit File(int fd) : fd_(fd) {}
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&& other) noexcept;
  ~File();
  // As open(2), always with O_CLOEXEC.
  static Outcome<File> open(const std::string& path, int flags, mode_t mode = 0640);

  int fd() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  explicit operator bool() const { return fd_ >= 0; }
  Outcome<void> write_all(std::string_view data);
  Outcome<std::size_t> read(char* data, std::size_t size);                            // 0 at the end
  Outcome<std::size_t> pread(char* data, std::size_t size, std::uint64_t offset) const;
  Outcome<std::uint64_t> size() const;
  Outcome<void> sync();  // fdatasync

 private:
  int fd_ = -1;
};

// A system call's failure as an Error: unavailable for a full disk (ENOSPC, EDQUOT), not_found for ENOENT, else internal;
// the detail names the call and the path.
Error system_error(std::string_view call, std::string_view path, int code);

Outcome<std::string> read_file(const std::string& path, std::size_t limit = 64 * 1024 * 1024);
// Temporary in the same folder, fsync, rename, fsync of the folder.
Outcome<void> write_durably(const std::string& path, std::string_view data, mode_t mode = 0640);
Outcome<void> make_folders(const std::string& path, mode_t mode = 0750);
Outcome<void> sync_folder(const std::string& path);
// Removes a tree; follows no links. Already gone is success.
Outcome<void> remove_tree(const std::string& path);
bool exists(const std::string& path);

}  // namespace clary::io
