#include "jobs/fastfile.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace clary::jobs {

std::string fastfile_folder(const std::string& ml) {
  return (std::filesystem::path(ml).parent_path() / "fastfile").string();
}

std::vector<workers::Mount> fastfile_mounts(const std::vector<Channel>& channels, const std::string& ml) {
  std::vector<workers::Mount> mounts;
  for (const auto& channel : channels) {
    const std::string folder = fastfile_folder(ml) + "/" + channel.name;
    if (channel.input_mode == "FastFile" && io::exists(folder))
      mounts.push_back({folder, "/opt/ml/input/data/" + channel.name, false});
  }
  return mounts;
}

Outcome<void> link_object(objects::Reader& reader, int folder, const std::string& name) {
  const auto blob = reader.file();
  if (!blob) return make_error(ErrorKind::unavailable, "the object's bytes are in no file of their own");
  struct stat info {};
  if (::fstat(blob->fd(), &info) != 0) return io::system_error("fstat", name, errno);
  // The file may be longer than the object; a link would show all of it.
  if (static_cast<std::uint64_t>(info.st_size) != reader.object().size)
    return make_error(ErrorKind::unavailable, "the object's file holds more than the object");
  // Jobs have users of their own where the server is root. Who is not shown a link still meets the store's own folder,
  // which nobody else may enter.
  if (::geteuid() == 0 && (info.st_mode & 0444) != 0444 && ::fchmod(blob->fd(), (info.st_mode & 0777) | 0444) != 0)
    return io::system_error("fchmod", name, errno);
  const std::string path = "/proc/self/fd/" + std::to_string(blob->fd());
  if (::linkat(AT_FDCWD, path.c_str(), folder, name.c_str(), AT_SYMLINK_FOLLOW) == 0) return {};
  if (errno == EEXIST) return make_error(ErrorKind::already_exists, "\"{}\" is there already", name);
  return io::system_error("linkat", name, errno);
}

}  // namespace clary::jobs
