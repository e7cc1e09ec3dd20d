#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

#include "io/archive.hpp"
#include "io/archive_locale.hpp"
#include "io/gzip.hpp"
#include "io/walk.hpp"

namespace clary::io {

namespace {

constexpr std::size_t pack_buffer = 256 * 1024;

struct Output {
  GzipStream& gzip;
  std::optional<Error> error;
};

la_ssize_t write_output(archive* handle, void* data, const void* bytes, std::size_t size) {
  auto& output = *static_cast<Output*>(data);
  if (auto wrote = output.gzip.write({static_cast<const char*>(bytes), size}); !wrote) {
    output.error = std::move(wrote).error();
    ::archive_set_error(handle, EIO, "the sink failed");
    return -1;
  }
  return static_cast<la_ssize_t>(size);
}

// Since it was found: passed over, as what vanishes during the walk.
bool has_vanished(const Outcome<File>& opened) {
  return !opened && opened.error().kind == ErrorKind::not_found;
}

class Packing {
 public:
  Packing(Output& output, const std::function<bool()>& cancelled)
      : output_(output),
        cancelled_(cancelled),
        handle_(::archive_write_new(), ::archive_write_free),
        entry_(::archive_entry_new(), ::archive_entry_free) {}

  Outcome<void> open() {
    if (!handle_ || !entry_) return internal("libarchive has no memory");
    ::archive_write_set_format_gnutar(handle_.get());
    ::archive_write_set_bytes_per_block(handle_.get(), static_cast<int>(pack_buffer));
    ::archive_write_set_bytes_in_last_block(handle_.get(), 1);
    if (::archive_write_open(handle_.get(), &output_, nullptr, write_output, nullptr) != ARCHIVE_OK) return failed();
    return {};
  }

  Outcome<void> add(const Found& found) {
    if (cancelled_ && cancelled_()) return make_error(ErrorKind::timed_out, "the work was given up");
    ::archive_entry_clear(entry_.get());
    ::archive_entry_set_mtime(entry_.get(), found.info.st_mtim.tv_sec, 0);
    ::archive_entry_set_perm(entry_.get(), found.info.st_mode & 0777);
    ::archive_entry_set_pathname(entry_.get(), found.name.c_str());
    if (S_ISREG(found.info.st_mode)) return add_file(found);
    if (S_ISDIR(found.info.st_mode)) return add_header(AE_IFDIR, 0);
    if (S_ISLNK(found.info.st_mode)) {
      char target[4096];
      ssize_t length = ::readlinkat(found.at, found.leaf.c_str(), target, sizeof target);
      if (length > 0 && static_cast<std::size_t>(length) < sizeof target) {
        std::string text(target, static_cast<std::size_t>(length));
        if (link_stays_inside(text, found.folders)) {
          ::archive_entry_set_symlink(entry_.get(), text.c_str());
          return add_header(AE_IFLNK, 0);
        }
      }
    }
    if (packed.left_out.size() < 100) packed.left_out.push_back(found.name);
    return {};
  }

  Outcome<void> close() {
    if (::archive_write_close(handle_.get()) != ARCHIVE_OK) return failed();
    return {};
  }

  Packed packed;

 private:
  Outcome<void> add_header(unsigned type, std::uint64_t size) {
    ::archive_entry_set_filetype(entry_.get(), type);
    ::archive_entry_set_size(entry_.get(), static_cast<la_int64_t>(size));
    if (::archive_write_header(handle_.get(), entry_.get()) < ARCHIVE_WARN) return failed();
    ++packed.entries;
    return {};
  }

  Outcome<void> add_file(const Found& found) {
    Outcome<File> opened = open_found(found);
    if (has_vanished(opened)) return {};
    TRY(File file, std::move(opened));
    TRY(std::uint64_t size, file.size());
    CHECK_OK(add_header(AE_IFREG, size));
    // Exactly the size that the header names, whatever happens to the file meanwhile; libarchive pads what is missing.
    while (size > 0) {
      if (cancelled_ && cancelled_()) return make_error(ErrorKind::timed_out, "the work was given up");
      TRY(std::size_t got, file.read(buffer_.data(), std::min<std::uint64_t>(size, buffer_.size())));
      if (got == 0) break;
      if (::archive_write_data(handle_.get(), buffer_.data(), got) < 0) return failed();
      size -= got;
      packed.bytes += got;
    }
    return {};
  }

  Error failed() {
    if (output_.error) return *std::move(output_.error);
    const char* why = ::archive_error_string(handle_.get());
    return internal("writing an archive: {}", why != nullptr ? why : "unknown");
  }

  Output& output_;
  const std::function<bool()>& cancelled_;
  std::unique_ptr<archive, int (*)(archive*)> handle_;
  std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry_;
  std::vector<char> buffer_ = std::vector<char>(pack_buffer);
};

}  // namespace

Outcome<Packed> pack_tar_gz(const std::vector<std::string>& folders, const ByteSink& sink,
                            const std::function<bool()>& cancelled) {
  Utf8Names names;
  GzipStream gzip(sink);
  Output output{gzip, {}};
  Packing packing(output, cancelled);
  CHECK_OK(packing.open());
  CHECK_OK(walk(folders, [&](const Found& found) { return packing.add(found); }));
  CHECK_OK(packing.close());
  CHECK_OK(gzip.close());
  return packing.packed;
}

Outcome<Packed> pack_tar_gz(const std::string& folder, const ByteSink& sink, const std::function<bool()>& cancelled) {
  return pack_tar_gz(std::vector<std::string>{folder}, sink, cancelled);
}

Outcome<Packed> each_file(const std::vector<std::string>& folders,
                          const std::function<Outcome<void>(const std::string& name, File& file)>& each) {
  Packed packed;
  CHECK_OK(walk(folders, [&](const Found& found) -> Outcome<void> {
    if (S_ISDIR(found.info.st_mode)) return {};
    if (!S_ISREG(found.info.st_mode)) {
      if (packed.left_out.size() < 100) packed.left_out.push_back(found.name);
      return {};
    }
    Outcome<File> opened = open_found(found);
    if (has_vanished(opened)) return {};
    TRY(File file, std::move(opened));
    CHECK_OK(each(found.name, file));
    ++packed.entries;
    packed.bytes += static_cast<std::uint64_t>(found.info.st_size);
    return {};
  }));
  return packed;
}

Outcome<Packed> each_file(const std::string& folder,
                          const std::function<Outcome<void>(const std::string& name, File& file)>& each) {
  return each_file(std::vector<std::string>{folder}, each);
}

bool has_files(const std::string& folder) {
  auto top = File::open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!top) return false;
  bool any = false;
  auto walked = walk({folder}, [&](const Found& found) -> Outcome<void> {
    any = any || !S_ISDIR(found.info.st_mode);
    // One is enough: the walk is ended.
    return any ? Outcome<void>(make_error(ErrorKind::timed_out, "found")) : Outcome<void>();
  });
  return any || !walked;
}

}  // namespace clary::io
