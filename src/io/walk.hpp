// Everything below a folder, visited in the order of its names' bytes, without following a link anywhere. Several
// folders can be walked as one tree. Plain functions. Thread rule: any thread. Invariant: nothing outside the folders is
// ever opened, whatever another process does to them meanwhile; what vanishes during the walk is passed over.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <sys/stat.h>
#include <vector>

#include "base/outcome.hpp"
#include "io/file.hpp"

namespace clary::io {

inline constexpr std::uint64_t most_entries = 1'000'000;

// One thing found below the top. `at` is the descriptor of its folder, open only during the visit.
struct Found {
  int at;
  const std::string& leaf;
  const std::string& name;  // relative to the top
  const struct stat& info;
  std::size_t folders;  // above it, below the top
};
using Visit = std::function<Outcome<void>(const Found& found)>;

// Calls `visit` for everything below the folders: a folder before what is in it. Where several have the same name, folders
// are merged, and of anything else the first one counts. Refuses more than most_entries and nesting beyond 200 folders.
Outcome<void> walk(const std::vector<std::string>& folders, const Visit& visit);
Outcome<void> walk(const std::vector<File>& folders, const Visit& visit);

// Opens the folder `parts` below `top`, through no symbolic link; not_found where there is none.
Outcome<File> open_folder(const std::string& top, const std::vector<std::string>& parts);

// Opens a regular file that was found; an Error when it has become something else meanwhile, not_found when it is gone.
Outcome<File> open_found(const Found& found);

}  // namespace clary::io
