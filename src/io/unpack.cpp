#include <archive.h>
#include <archive_entry.h>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

#include "io/archive.hpp"
#include "io/archive_locale.hpp"

namespace clary::io {

namespace {

constexpr std::size_t unpack_buffer = 256 * 1024;

struct CloseArchive {
  void operator()(archive* handle) const { ::archive_read_free(handle); }
};
using ArchiveHandle = std::unique_ptr<archive, CloseArchive>;

// What a read callback needs, and the error that it cannot pass through libarchive.
struct Input {
  const ByteSource& source;
  std::vector<char> buffer = std::vector<char>(unpack_buffer);
  std::optional<Error> error;
  std::uint64_t taken = 0;
};

la_ssize_t read_input(archive* handle, void* data, const void** bytes) {
  auto& input = *static_cast<Input*>(data);
  auto got = input.source(input.buffer.data(), input.buffer.size());
  if (!got) {
    input.error = std::move(got).error();
    ::archive_set_error(handle, EIO, "the source failed");
    return ARCHIVE_FATAL;
  }
  input.taken += *got;
  *bytes = input.buffer.data();
  return static_cast<la_ssize_t>(*got);
}

Error broken(archive* handle, Input& input) {
  if (input.error) return *std::move(input.error);
  const char* why = ::archive_error_string(handle);
  return validation("the archive cannot be read: {}", why != nullptr ? why : "it is damaged");
}

// Counts what comes out, against the limits.
class Meter {
 public:
  Meter(const UnpackOptions& options, const Input& input) : options_(options), input_(input) {}
  Outcome<void> entry() {
    if (++total.entries > options_.limits.entries)
      return validation("the archive has more than {} entries", options_.limits.entries);
    return alive();
  }
  Outcome<void> bytes(std::uint64_t more) {
    const auto& limits = options_.limits;
    total.bytes += more;
    if (total.bytes > limits.bytes) return validation("the archive unpacks to more than {} bytes", limits.bytes);
    if (total.bytes > limits.free_bytes && (total.bytes - limits.free_bytes) / limits.ratio > input_.taken) {
      return validation("the archive unpacks to more than {} times its size", limits.ratio);
    }
    return alive();
  }
  Unpacked total;

 private:
  Outcome<void> alive() const {
    if (options_.cancelled && options_.cancelled()) return make_error(ErrorKind::timed_out, "the work was given up");
    return {};
  }
  const UnpackOptions& options_;
  const Input& input_;
};

Outcome<void> copy_data(archive* handle, Input& input, Meter& meter, File& file) {
  std::vector<char> buffer(unpack_buffer);
  while (true) {
    la_ssize_t got = ::archive_read_data(handle, buffer.data(), buffer.size());
    if (got == 0) return {};
    if (got == ARCHIVE_RETRY) continue;
    if (got < 0) return broken(handle, input);
    CHECK_OK(meter.bytes(static_cast<std::uint64_t>(got)));
    CHECK_OK(file.write_all({buffer.data(), static_cast<std::size_t>(got)}));
  }
}

class Unpacking {
 public:
  Unpacking(File root, const UnpackOptions& options, Input& input, Meter& meter)
      : root_(std::move(root)), options_(options), input_(input), meter_(meter) {}

  Outcome<void> take(archive* handle, archive_entry* entry) {
    CHECK_OK(meter_.entry());
    const char* spelt = ::archive_entry_pathname(entry);
    if (spelt == nullptr) spelt = ::archive_entry_pathname_utf8(entry);
    if (spelt == nullptr) return validation("an entry's name cannot be read");
    const std::string name = spelt;
    auto done = take_named(handle, entry, name);
    if (!done && done.error().kind == ErrorKind::validation && !input_.error) {
      done.error().message = fmt::format("entry \"{}\": {}", shown(name), done.error().message);
    }
    return done;
  }

 private:
  static std::string shown(const std::string& name) { return name.size() > 200 ? name.substr(0, 200) + "..." : name; }

  Outcome<void> take_named(archive* handle, archive_entry* entry, const std::string& name) {
    // The folder itself: Python's tarfile writes it as "/" when it is added under that name, as the SageMaker SDK does.
    if (name.find_first_not_of('/') == std::string::npos && ::archive_entry_filetype(entry) == AE_IFDIR) return {};
    TRY(auto parts, safe_parts(name));
    if (parts.size() > options_.limits.depth)
      return validation("folders are nested deeper than {}", options_.limits.depth);
    if (const char* target = ::archive_entry_hardlink(entry)) return hard_link(parts, target);
    switch (::archive_entry_filetype(entry)) {
      case AE_IFDIR: return folder(parts, ::archive_entry_perm(entry));
      case AE_IFREG: return regular(handle, entry, parts);
      case AE_IFLNK: {
        const char* target = ::archive_entry_symlink(entry);
        return symbolic_link(parts, target != nullptr ? target : "");
      }
      case AE_IFCHR:
      case AE_IFBLK: return validation("devices are not allowed");
      case AE_IFIFO: return validation("pipes are not allowed");
      case AE_IFSOCK: return validation("sockets are not allowed");
      default: return validation("its type is not known");
    }
  }

  Outcome<void> folder(const std::vector<std::string>& parts, mode_t mode) {
    if (parts.empty()) return {};
    TRY(File at, folder_below(root_.fd(), parts, options_.owner));
    if (::fchmod(at.fd(), (mode & 0777) | 0700) != 0) return system_error("fchmod", parts.back(), errno);
    return {};
  }

  Outcome<void> regular(archive* handle, archive_entry* entry, const std::vector<std::string>& parts) {
    if (::archive_entry_size_is_set(entry) && ::archive_entry_size(entry) > 0 &&
        static_cast<std::uint64_t>(::archive_entry_size(entry)) > options_.limits.bytes - meter_.total.bytes) {
      return validation("the archive unpacks to more than {} bytes", options_.limits.bytes);
    }
    TRY(File file, create_below(root_.fd(), parts, ::archive_entry_perm(entry) | 0600, options_.owner));
    CHECK_OK(copy_data(handle, input_, meter_, file));
    if (::archive_entry_mtime_is_set(entry)) {
      timespec times[2] = {{0, UTIME_NOW}, {::archive_entry_mtime(entry), ::archive_entry_mtime_nsec(entry)}};
      ::futimens(file.fd(), times);
    }
    return {};
  }

  Outcome<File> make_place(const std::vector<std::string>& parts) {
    if (parts.empty()) return validation("a link needs a name");
    TRY(File at, folder_below(root_.fd(), {parts.begin(), parts.end() - 1}, options_.owner));
    CHECK_OK(clear_name(at.fd(), parts.back()));
    return at;
  }

  Outcome<void> symbolic_link(const std::vector<std::string>& parts, const std::string& target) {
    if (parts.empty()) return validation("a link needs a name");
    if (target.size() > 4000 || !link_stays_inside(target, parts.size() - 1)) {
      return validation("the link to \"{}\" leads out of the archive", shown(target));
    }
    TRY(File at, make_place(parts));
    if (::symlinkat(target.c_str(), at.fd(), parts.back().c_str()) != 0)
      return system_error("symlinkat", parts.back(), errno);
    if (options_.owner &&
        ::fchownat(at.fd(), parts.back().c_str(), *options_.owner, *options_.owner, AT_SYMLINK_NOFOLLOW) != 0) {
      return system_error("fchownat", parts.back(), errno);
    }
    return {};
  }

  Outcome<void> hard_link(const std::vector<std::string>& parts, const std::string& target) {
    auto to = safe_parts(target);
    if (!to || to->empty()) return validation("the hard link to \"{}\" leads out of the archive", shown(target));
    if (*to == parts) return {};
    auto above = *to;
    above.pop_back();
    auto from = open_folder(above);
    struct stat info {};
    if (!from || ::fstatat(from->fd(), to->back().c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode)) {
      return validation("the hard link to \"{}\" leads to no file of the archive", shown(target));
    }
    TRY(File at, make_place(parts));
    if (::linkat(from->fd(), to->back().c_str(), at.fd(), parts.back().c_str(), 0) != 0) {
      return system_error("linkat", parts.back(), errno);
    }
    return {};
  }

  Outcome<File> open_folder(const std::vector<std::string>& parts) const {
    File here(::openat(root_.fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (const auto& part : parts) {
      if (!here) break;
      here = File(::openat(here.fd(), part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    }
    if (!here) return system_error("openat", parts.empty() ? "." : parts.back(), errno);
    return here;
  }

  File root_;
  const UnpackOptions& options_;
  Input& input_;
  Meter& meter_;
};

}  // namespace

Outcome<Unpacked> unpack(const ByteSource& source, const std::string& folder, const UnpackOptions& options) {
  Utf8Names names;
  ArchiveHandle handle(::archive_read_new());
  if (!handle) return internal("archive_read_new failed");
  ::archive_read_support_format_tar(handle.get());
  // By name, because "all" brings filters that run programs.
  ::archive_read_support_filter_gzip(handle.get());
  ::archive_read_support_filter_bzip2(handle.get());
  ::archive_read_support_filter_xz(handle.get());
  ::archive_read_support_filter_zstd(handle.get());

  Input input{source};
  Meter meter(options, input);
  TRY(File root, File::open(folder, O_RDONLY | O_DIRECTORY));
  Unpacking unpacking(std::move(root), options, input, meter);
  if (::archive_read_open(handle.get(), &input, nullptr, read_input, nullptr) < ARCHIVE_WARN)
    return broken(handle.get(), input);
  while (true) {
    archive_entry* entry = nullptr;
    int got = ::archive_read_next_header(handle.get(), &entry);
    if (got == ARCHIVE_EOF) return meter.total;
    if (got == ARCHIVE_RETRY) continue;
    if (got < ARCHIVE_WARN) return broken(handle.get(), input);
    CHECK_OK(unpacking.take(handle.get(), entry));
  }
}

Outcome<std::uint64_t> gunzip(const ByteSource& source, File& file, const UnpackOptions& options) {
  ArchiveHandle handle(::archive_read_new());
  if (!handle) return internal("archive_read_new failed");
  ::archive_read_support_format_raw(handle.get());
  ::archive_read_support_filter_gzip(handle.get());
  Input input{source};
  Meter meter(options, input);
  if (::archive_read_open(handle.get(), &input, nullptr, read_input, nullptr) < ARCHIVE_WARN)
    return broken(handle.get(), input);
  if (::archive_filter_code(handle.get(), 0) != ARCHIVE_FILTER_GZIP)
    return validation("the data is not in gzip format");
  archive_entry* entry = nullptr;
  int got = ::archive_read_next_header(handle.get(), &entry);
  if (got == ARCHIVE_EOF) return std::uint64_t{0};
  if (got < ARCHIVE_WARN) return broken(handle.get(), input);
  CHECK_OK(copy_data(handle.get(), input, meter, file));
  return meter.total.bytes;
}

}  // namespace clary::io
