// Names from outside on their way to the disk: nothing here goes through a symbolic link or above the folder that it
// starts from.
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "io/archive.hpp"

namespace clary::io {

namespace {

Error not_a_folder(std::string_view part) {
  return validation("\"{}\" is both a file and a folder", part);
}

Outcome<File> enter(int folder, const std::string& part, std::optional<unsigned> owner) {
  bool made = ::mkdirat(folder, part.c_str(), 0755) == 0;
  if (!made && errno != EEXIST) return system_error("mkdirat", part, errno);
  int fd = ::openat(folder, part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 && (errno == ENOTDIR || errno == ELOOP)) return not_a_folder(part);
  if (fd < 0) return system_error("openat", part, errno);
  File entered(fd);
  if (made && owner && ::fchown(fd, *owner, *owner) != 0) return system_error("fchown", part, errno);
  return entered;
}

Outcome<void> give(int folder, unsigned owner, std::size_t depth) {
  if (depth == 0) return validation("folders are nested too deeply");
  DIR* entries = ::fdopendir(folder);
  if (entries == nullptr) {
    int code = errno;
    ::close(folder);
    return system_error("fdopendir", "", code);
  }
  Outcome<void> given;
  while (given) {
    errno = 0;
    dirent* entry = ::readdir(entries);
    if (entry == nullptr) break;
    std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (::fchownat(folder, entry->d_name, owner, owner, AT_SYMLINK_NOFOLLOW) != 0) {
      given = system_error("fchownat", name, errno);
      break;
    }
    if (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN) continue;
    int below = ::openat(folder, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (below >= 0) given = give(below, owner, depth - 1);
  }
  ::closedir(entries);
  return given;
}

}  // namespace

Outcome<std::vector<std::string>> safe_parts(std::string_view name) {
  if (name.find('\0') != std::string_view::npos) return validation("a name with a NUL byte is not allowed");
  if (name.starts_with('/')) return validation("\"{}\" is an absolute path", name);
  std::vector<std::string> parts;
  while (!name.empty()) {
    auto end = name.find('/');
    auto part = name.substr(0, end);
    name = end == std::string_view::npos ? std::string_view() : name.substr(end + 1);
    if (part.empty() || part == ".") continue;
    if (part == "..") return validation("\"..\" is not allowed in a path");
    if (part.size() > 255) return validation("the name \"{}...\" is longer than 255 bytes", part.substr(0, 40));
    parts.emplace_back(part);
  }
  return parts;
}

bool link_stays_inside(std::string_view target, std::size_t folders) {
  if (target.empty() || target.starts_with('/')) return false;
  bool descending = false;
  while (!target.empty()) {
    auto end = target.find('/');
    auto part = target.substr(0, end);
    target = end == std::string_view::npos ? std::string_view() : target.substr(end + 1);
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      descending = true;
    } else if (descending || folders-- == 0) {
      return false;
    }
  }
  return true;
}

Outcome<File> folder_below(int folder, const std::vector<std::string>& parts, std::optional<unsigned> owner) {
  int fd = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return system_error("openat", ".", errno);
  File here(fd);
  for (const auto& part : parts) {
    TRY(File next, enter(here.fd(), part, owner));
    here = std::move(next);
  }
  return here;
}

Outcome<void> clear_name(int folder, const std::string& name) {
  if (::unlinkat(folder, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno == EISDIR || errno == EPERM) return not_a_folder(name);
  return system_error("unlinkat", name, errno);
}

Outcome<File> create_below(int folder, const std::vector<std::string>& parts, mode_t mode,
                           std::optional<unsigned> owner) {
  if (parts.empty()) return validation("a file needs a name");
  const std::string& name = parts.back();
  TRY(File at, folder_below(folder, {parts.begin(), parts.end() - 1}, owner));
  CHECK_OK(clear_name(at.fd(), name));
  int fd = ::openat(at.fd(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return system_error("openat", name, errno);
  File file(fd);
  if (owner && ::fchown(fd, *owner, *owner) != 0) return system_error("fchown", name, errno);
  if (::fchmod(fd, mode & 0777) != 0) return system_error("fchmod", name, errno);
  return file;
}

Outcome<std::string> read_below(const std::string& folder, const std::vector<std::string>& parts, std::size_t limit) {
  TRY(File here, File::open(folder, O_RDONLY | O_DIRECTORY));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const int kind = i + 1 < parts.size() ? O_DIRECTORY : O_NONBLOCK;
    int fd = ::openat(here.fd(), parts[i].c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | kind);
    if (fd < 0)
      return system_error("openat", parts[i], errno == ELOOP || errno == ENOTDIR || errno == ENXIO ? ENOENT : errno);
    here = File(fd);
  }
  struct stat info {};
  if (::fstat(here.fd(), &info) != 0) return system_error("fstat", folder, errno);
  if (!S_ISREG(info.st_mode)) return make_error(ErrorKind::not_found, "not a file");
  std::string text(limit, '\0');
  std::size_t used = 0;
  while (used < limit) {
    TRY(std::size_t got, here.read(text.data() + used, limit - used));
    if (got == 0) break;
    used += got;
  }
  text.resize(used);
  return text;
}

Outcome<void> give_tree(const std::string& folder, unsigned owner) {
  TRY(File top, File::open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  if (::fchown(top.fd(), owner, owner) != 0) return system_error("fchown", folder, errno);
  return give(top.release(), owner, 200);
}

}  // namespace clary::io
