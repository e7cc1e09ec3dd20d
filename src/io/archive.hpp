// Tar archives from outside, unpacked without trust, and archives of a folder, packed without following it anywhere.
// Plain functions that stream: neither an archive nor a file of it is ever held whole. Thread rule: any thread; one
// call works on one folder alone. Invariant: unpack() creates nothing outside its folder, and neither does whoever
// later follows a link that it made.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/outcome.hpp"
#include "io/file.hpp"

namespace clary::io {

// Gives the next bytes: how many were put at `data`, 0 at the end.
using ByteSource = std::function<Outcome<std::size_t>(char* data, std::size_t size)>;
using ByteSink = std::function<Outcome<void>(std::string_view data)>;

struct ArchiveLimits {
  std::uint64_t bytes = 256ull << 30;  // unpacked, all files together
  std::uint64_t entries = 1'000'000;
  std::uint64_t ratio = 200;  // unpacked bytes for each packed one, past `free_bytes`: more is a bomb
  std::uint64_t free_bytes = 256 << 20;
  std::size_t depth = 100;  // folders in folders
};

struct UnpackOptions {
  ArchiveLimits limits;
  std::optional<unsigned> owner;  // the uid (and gid) that everything made is given to; needs root when it is another's
  std::function<bool()> cancelled = {};  // asked now and then: true ends the work with ErrorKind::timed_out
};

struct Unpacked {
  std::uint64_t entries = 0, bytes = 0;
};

// Unpacks a tar (plain, gzip, bzip2, xz or zstd) into an existing folder. Refuses, as ErrorKind::validation with the
// entry's name: names that are absolute or have "..", links that lead out, devices, pipes and sockets, and what is over
// the limits. Mode bits are kept (without setuid and setgid; the owner may always read and write). What was unpacked
// before an error stays: the caller removes the folder.
Outcome<Unpacked> unpack(const ByteSource& source, const std::string& folder, const UnpackOptions& options = {});

// Decompresses one gzip stream into `file`.
Outcome<std::uint64_t> gunzip(const ByteSource& source, File& file, const UnpackOptions& options = {});

struct Packed {
  std::uint64_t entries = 0, bytes = 0;
  // What no archive should hold: links that lead out, devices, pipes, sockets (the first hundred).
  std::vector<std::string> left_out;
};

// Writes everything below the folder as a tar.gz, in the order of its names' bytes, owned by root: the same folder
// gives the same bytes. Links are kept as links. Names are relative to the folder.
Outcome<Packed> pack_tar_gz(const std::string& folder, const ByteSink& sink,
                            const std::function<bool()>& cancelled = {});
// Several folders as one tree: folders of one name are merged, of anything else the first one's counts.
Outcome<Packed> pack_tar_gz(const std::vector<std::string>& folders, const ByteSink& sink,
                            const std::function<bool()>& cancelled = {});

// Calls `each` with the relative name and the open file of every regular file below the folder, in the order of names'
// bytes; follows no link. For what is uploaded file by file.
Outcome<Packed> each_file(const std::string& folder,
                          const std::function<Outcome<void>(const std::string& name, File& file)>& each);
Outcome<Packed> each_file(const std::vector<std::string>& folders,
                          const std::function<Outcome<void>(const std::string& name, File& file)>& each);

// Whether the folder holds anything but folders.
bool has_files(const std::string& folder);

// A relative name cut into its parts: "./a//b" is {a, b}. An Error for what is absolute, has "..", a part over 255
// bytes, or a NUL.
Outcome<std::vector<std::string>> safe_parts(std::string_view name);

// Whether a symbolic link at depth `folders` below a root stays inside it wherever the links of this kind lead that it
// goes through: relative, with ".." at its beginning only and not more of them than `folders`.
bool link_stays_inside(std::string_view target, std::size_t folders);

// Opens the folder `parts` below `folder`, making what is missing; goes through no symbolic link.
Outcome<File> folder_below(int folder, const std::vector<std::string>& parts, std::optional<unsigned> owner);

// Makes room for a new entry: a later one of the same name replaces the earlier, and never writes through it where it
// is a link.
Outcome<void> clear_name(int folder, const std::string& name);

// Opens the file `parts` below `folder` for writing, anew, making the folders on the way; goes through no symbolic
// link.
Outcome<File> create_below(int folder, const std::vector<std::string>& parts, mode_t mode,
                           std::optional<unsigned> owner);

// The first `limit` bytes of a regular file below `folder`, reached through no symbolic link; not_found where there is
// none.
Outcome<std::string> read_below(const std::string& folder, const std::vector<std::string>& parts, std::size_t limit);

// Gives a tree to a uid (and gid); follows no links.
Outcome<void> give_tree(const std::string& folder, unsigned owner);

}  // namespace clary::io
