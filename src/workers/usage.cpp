#include "workers/usage.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "io/file.hpp"

namespace clary::workers {
namespace {

constexpr int deepest = 200;  // one open folder a level; as deep as a worker's results may be (io/walk.hpp)

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

std::size_t read_small(const char* path, char* text, std::size_t size) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t got = read(fd, text, size - 1);
  close(fd);
  text[got > 0 ? got : 0] = '\0';
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

std::optional<ProcessSample> sample(const char* pid) {
  static const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  static const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  char path[64], text[1024];
  std::snprintf(path, sizeof path, "/proc/%s/stat", pid);
  const std::size_t size = read_small(path, text, sizeof text);
  const std::size_t name_end = std::string_view(text, size).rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  int parent = 0;
  unsigned long user = 0, system = 0;
  long child_user = 0, child_system = 0, resident = 0;
  const int fields = std::sscanf(
      text + name_end + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld %*d %*d %*d %*d %*u %*u %ld",
      &parent, &user, &system, &child_user, &child_system, &resident);
  if (fields != 6) return std::nullopt;
  ProcessSample found;
  found.pid = std::atoi(pid);
  found.parent = parent;
  found.cpu_seconds =
      static_cast<double>(user + system + static_cast<unsigned long>(child_user + child_system)) / ticks;
  found.resident = resident > 0 ? static_cast<std::uint64_t>(resident) * page : 0;
  return found;
}

std::uint64_t kilobytes_after(std::string_view text, std::string_view name) {
  std::size_t at = text.find(name);
  if (at == std::string_view::npos) return 0;
  at = text.find_first_of("0123456789", at + name.size());
  std::uint64_t value = 0;
  if (at != std::string_view::npos) std::from_chars(text.data() + at, text.data() + text.size(), value);
  return value * 1024;
}

std::uint64_t use_of(const struct stat& info) {
  const auto bytes = std::max<std::uint64_t>(static_cast<std::uint64_t>(info.st_blocks) * 512, 4096);
  // A file with several links counts a part for each, so that the whole tree counts it once.
  return bytes / (S_ISDIR(info.st_mode) ? 1 : std::max<std::uint64_t>(info.st_nlink, 1));
}

// As an ordinary user a worker is the server's own user, and would hide what it wrote in a folder without modes.
int open_folder(int parent, const char* name) {
  constexpr int flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  const int fd = openat(parent, name, O_RDONLY | flags);
  if (fd >= 0 || errno != EACCES) return fd;
  // By its descriptor: the name may be a link to elsewhere by now.
  const io::File found(openat(parent, name, O_PATH | flags));
  struct stat info {};
  if (!found || fstat(found.fd(), &info) != 0 || info.st_uid != geteuid()) return -1;
  const std::string path = fmt::format("/proc/self/fd/{}", found.fd());
  if (chmod(path.c_str(), (info.st_mode & 07777) | 0500) != 0) return -1;
  return openat(found.fd(), ".", O_RDONLY | flags);
}

void add_folder(int parent, const char* name, int depth, dev_t device, std::uint64_t& total) {
  const int fd = open_folder(parent, name);
  if (fd < 0) return;
  Folder folder(fdopendir(fd));
  if (!folder) {
    close(fd);
    return;
  }
  while (const dirent* entry = readdir(folder.get())) {
    const std::string_view child = entry->d_name;
    if (child == "." || child == "..") continue;
    struct stat info {};
    if (fstatat(fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    total += use_of(info);
    if (!S_ISDIR(info.st_mode) || info.st_dev != device) continue;
    if (depth == deepest) {
      total = uncountable;
      return;
    }
    add_folder(fd, entry->d_name, depth + 1, device, total);
    if (total >= uncountable) return;
  }
}

}  // namespace

ProcessTable scan_processes() {
  ProcessTable table;
  Folder folder(opendir("/proc"));
  if (!folder) return table;
  while (const dirent* entry = readdir(folder.get())) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    if (auto found = sample(entry->d_name)) table[found->parent].push_back(*found);
  }
  return table;
}

std::vector<ProcessSample> tree_of(const ProcessTable& table, const ProcessSample& root) {
  std::vector<ProcessSample> tree{root};
  for (std::size_t i = 0; i < tree.size(); ++i) {
    auto children = table.find(tree[i].pid);
    if (children != table.end()) tree.insert(tree.end(), children->second.begin(), children->second.end());
  }
  return tree;
}

std::uint64_t shared_memory_files(const std::vector<ProcessSample>& tree) {
  // Past the first process, which lets nobody look into it.
  for (std::size_t i = 1; i < tree.size(); ++i) {
    struct statvfs info {};
    if (statvfs(fmt::format("/proc/{}/root/dev/shm", tree[i].pid).c_str(), &info) == 0) {
      return static_cast<std::uint64_t>(info.f_blocks - info.f_bfree) * info.f_frsize;
    }
  }
  return 0;
}

std::uint64_t held_memory(const std::vector<ProcessSample>& tree) {
  std::uint64_t anonymous = 0, shared = 0;
  for (const auto& process : tree) {
    char path[64], text[4096];
    std::snprintf(path, sizeof path, "/proc/%d/smaps_rollup", process.pid);
    const std::size_t size = read_small(path, text, sizeof text);
    const std::string_view rollup(text, size);
    anonymous += kilobytes_after(rollup, "Pss_Anon:") + kilobytes_after(rollup, "SwapPss:");
    shared += kilobytes_after(rollup, "Pss_Shmem:");
  }
  return anonymous + std::max(shared, shared_memory_files(tree));
}

std::uint64_t unnamed_files(const std::vector<ProcessSample>& tree, const std::string& folder) {
  struct stat home {};
  if (lstat(folder.c_str(), &home) != 0) return 0;
  std::unordered_map<ino_t, std::uint64_t> found;  // several descriptors, and processes, may hold one file
  for (std::size_t i = 1; i < tree.size(); ++i) {
    Folder descriptors(opendir(fmt::format("/proc/{}/fd", tree[i].pid).c_str()));
    if (!descriptors) continue;
    while (const dirent* entry = readdir(descriptors.get())) {
      struct stat info {};
      if (fstatat(dirfd(descriptors.get()), entry->d_name, &info, 0) != 0) continue;
      if (S_ISREG(info.st_mode) && info.st_nlink == 0 && info.st_dev == home.st_dev) {
        found[info.st_ino] = static_cast<std::uint64_t>(info.st_blocks) * 512;
      }
    }
  }
  std::uint64_t total = 0;
  for (const auto& [inode, bytes] : found) total += bytes;
  return total;
}

std::uint64_t file_use(const std::string& path) {
  struct stat info {};
  return lstat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_blocks) * 512 : 0;
}

std::uint64_t disk_use(const std::vector<std::string>& folders) {
  std::uint64_t total = 0;
  for (const auto& folder : folders) {
    struct stat info {};
    if (lstat(folder.c_str(), &info) != 0) continue;
    total += use_of(info);
    if (S_ISDIR(info.st_mode)) add_folder(AT_FDCWD, folder.c_str(), 0, info.st_dev, total);
  }
  return std::min(total, uncountable);
}

}  // namespace clary::workers
