#include "objects/blobs.hpp"

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#include <vector>

#include "base/bytes.hpp"
#include "base/rng.hpp"
#include "objects/log.hpp"

namespace clary::objects {

namespace {

constexpr std::size_t id_length = 40;
// Up to here the last close frees a file quickly enough to do it at once.
constexpr std::uint64_t quickly_freed = 1024 * 1024;

std::string two_hex(unsigned value) {
  constexpr char digits[] = "0123456789abcdef";
  return {digits[value >> 4], digits[value & 15]};
}

std::vector<std::string> entries_of(const std::string& folder) {
  std::vector<std::string> names;
  DIR* directory = ::opendir(folder.c_str());
  if (directory == nullptr) return names;
  while (const dirent* entry = ::readdir(directory)) {
    std::string name = entry->d_name;
    if (name.size() == id_length) names.push_back(std::move(name));
  }
  ::closedir(directory);
  return names;
}

}  // namespace

Blobs::Blobs(std::string folder) : folder_(std::move(folder)), run_(to_hex(random_bytes(8))) {}

Outcome<std::unique_ptr<Blobs>> Blobs::open(const std::string& folder) {
  CHECK_OK(io::make_folders(folder));
  return std::unique_ptr<Blobs>(new Blobs(folder));
}

std::string Blobs::new_id() const {
  return run_ + to_hex(random_bytes(12));
}
std::string Blobs::folder_of(const std::string& id) const {
  return folder_ + "/" + id.substr(id.size() - 2);
}
std::string Blobs::path_of(const std::string& id) const {
  return folder_of(id) + "/" + id;
}

Outcome<io::File> Blobs::create(const std::string& id) {
  auto file = io::File::open(path_of(id), O_RDWR | O_CREAT, 0640);
  if (file || file.error().kind != ErrorKind::not_found) return file;
  // The first blob of its folder.
  CHECK_OK(io::make_folders(folder_of(id)));
  CHECK_OK(io::sync_folder(folder_));
  return io::File::open(path_of(id), O_RDWR | O_CREAT, 0640);
}

Outcome<std::shared_ptr<io::File>> Blobs::open_blob(const std::string& id) const {
  TRY(io::File file, io::File::open(path_of(id), O_RDONLY));
  return std::make_shared<io::File>(std::move(file));
}

Outcome<void> Blobs::seal(const std::string& id, io::File& file) {
  CHECK_OK(file.sync());
  return io::sync_folder(folder_of(id));
}

void Blobs::remove(const std::string& id) noexcept {
  const std::string path = path_of(id);
  auto held = io::File::open(path, O_RDONLY);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) log_.warn("a blob was not removed id={} errno={}", id, errno);
  if (!held) return;
  if (auto size = held->size(); size && *size > quickly_freed) last_close_.close(*std::move(held));
}

Outcome<std::size_t> Blobs::sweep(const std::function<Outcome<bool>(const std::string&)>& is_named,
                                  std::stop_token stop) {
  std::size_t removed = 0;
  for (unsigned i = 0; i < 256; ++i) {
    for (const std::string& id : entries_of(folder_ + "/" + two_hex(i))) {
      if (stop.stop_requested()) return removed;
      if (id.starts_with(run_)) continue;
      TRY(bool named, is_named(id));
      if (named) continue;
      remove(id);
      ++removed;
    }
  }
  return removed;
}

}  // namespace clary::objects
