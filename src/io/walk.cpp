#include "io/walk.hpp"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <unistd.h>

namespace clary::io {

namespace {

constexpr std::size_t deepest = 200;

struct Name {
  std::string leaf;
  std::size_t folder;  // which of the folders that are walked side by side
};

Outcome<void> read_names(int folder, std::size_t index, std::vector<Name>& names) {
  int copy = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  std::unique_ptr<DIR, int (*)(DIR*)> entries(copy < 0 ? nullptr : ::fdopendir(copy), ::closedir);
  if (!entries) {
    const int code = errno;
    if (copy >= 0) ::close(copy);
    return system_error("opendir", "", code);
  }
  while (dirent* entry = ::readdir(entries.get())) {
    std::string_view leaf = entry->d_name;
    if (leaf == "." || leaf == "..") continue;
    if (names.size() >= most_entries) return validation("the folder has more than {} entries", most_entries);
    names.push_back({std::string(leaf), index});
  }
  return {};
}

class Walk {
 public:
  explicit Walk(const Visit& visit) : visit_(visit) {}

  Outcome<void> into(const std::vector<File>& folders, const std::string& prefix, std::size_t depth) {
    if (depth > deepest) return validation("folders are nested deeper than {}", deepest);
    std::vector<Name> names;
    for (std::size_t i = 0; i < folders.size(); ++i) CHECK_OK(read_names(folders[i].fd(), i, names));
    std::sort(names.begin(), names.end(),
              [](const Name& a, const Name& b) { return a.leaf != b.leaf ? a.leaf < b.leaf : a.folder < b.folder; });
    for (auto first = names.begin(); first != names.end();) {
      auto last = std::find_if(first, names.end(), [&](const Name& name) { return name.leaf != first->leaf; });
      CHECK_OK(take(folders, first, last, prefix, depth));
      first = last;
    }
    return {};
  }

 private:
  using Iterator = std::vector<Name>::const_iterator;

  Outcome<void> take(const std::vector<File>& folders, Iterator first, Iterator last, const std::string& prefix,
                     std::size_t depth) {
    const std::string& leaf = first->leaf;
    struct stat info {};
    while (first != last && ::fstatat(folders[first->folder].fd(), leaf.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT) return system_error("fstatat", leaf, errno);
      ++first;
    }
    if (first == last) return {};
    if (++count_ > most_entries) return validation("the folder has more than {} entries", most_entries);
    const std::string name = prefix + leaf;
    CHECK_OK(visit_(Found{folders[first->folder].fd(), leaf, name, info, depth}));
    if (!S_ISDIR(info.st_mode)) return {};
    std::vector<File> below;
    for (; first != last; ++first) {
      int fd = ::openat(folders[first->folder].fd(), leaf.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (fd >= 0) {
        below.emplace_back(fd);
      } else if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP) {
        return system_error("openat", name, errno);
      }
    }
    return into(below, name + "/", depth + 1);
  }

  const Visit& visit_;
  std::uint64_t count_ = 0;
};

}  // namespace

Outcome<void> walk(const std::vector<std::string>& folders, const Visit& visit) {
  std::vector<File> tops;
  for (const auto& folder : folders) {
    TRY(File top, File::open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    tops.push_back(std::move(top));
  }
  return walk(tops, visit);
}

Outcome<void> walk(const std::vector<File>& folders, const Visit& visit) {
  return Walk(visit).into(folders, "", 0);
}

Outcome<File> open_folder(const std::string& top, const std::vector<std::string>& parts) {
  TRY(File here, File::open(top, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  for (const auto& part : parts) {
    int fd = ::openat(here.fd(), part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return system_error("openat", part, errno == ELOOP || errno == ENOTDIR ? ENOENT : errno);
    here = File(fd);
  }
  return here;
}

Outcome<File> open_found(const Found& found) {
  // Without O_NONBLOCK a pipe put in the file's place would hold this thread for ever.
  int fd = ::openat(found.at, found.leaf.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return system_error("openat", found.name, errno);
  File file(fd);
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return internal("{} is no longer a file", found.name);
  return file;
}

}  // namespace clary::io
