#include "training/checkpoint_files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

#include "io/file.hpp"
#include "training/numbers.hpp"

namespace clary::training {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view stem = "xgboost-checkpoint.";
constexpr std::size_t most_kept = 5;

}  // namespace

Outcome<void> write_whole(const std::string& path, std::string_view data) {
  const std::string temporary = path + ".sagemaker-ignore";
  {
    TRY(io::File file, io::File::open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0644));
    CHECK_OK(file.write_all(data));
  }
  if (std::rename(temporary.c_str(), path.c_str()) != 0) return io::system_error("rename", path, errno);
  return {};
}

std::string CheckpointFiles::path_of(int iteration) const {
  return folder_ + "/" + std::string(stem) + std::to_string(iteration);
}

std::vector<CheckpointFiles::Found> CheckpointFiles::found() const {
  std::vector<Found> files;
  std::error_code code;
  for (fs::directory_iterator entry(folder_, code), end; !code && entry != end; entry.increment(code)) {
    const std::string name = entry->path().filename();
    int iteration = 0;
    if (!name.starts_with(stem) || !read_whole(std::string_view(name).substr(stem.size()), iteration) || iteration < 0)
      continue;
    files.push_back({entry->path(), iteration});
  }
  std::sort(files.begin(), files.end(), [](const Found& a, const Found& b) { return a.iteration > b.iteration; });
  return files;
}

Outcome<void> CheckpointFiles::save(std::string_view model, int iteration) {
  CHECK_OK(write_whole(path_of(iteration), model));
  own_.push_back(iteration);
  if (own_.size() <= most_kept) return {};
  ::unlink(path_of(own_.front()).c_str());
  own_.pop_front();
  return {};
}

}  // namespace clary::training
