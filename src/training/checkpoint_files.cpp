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
constexpr std::string_view unfinished = ".sagemaker-ignore";
constexpr std::size_t most_kept = 5;

Outcome<void> write_by_way_of(const std::string& temporary, const std::string& path, std::string_view data) {
  const auto written = [&]() -> Outcome<void> {
    TRY(io::File file, io::File::open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0644));
    return file.write_all(data);
  }();
  if (written && std::rename(temporary.c_str(), path.c_str()) == 0) return {};
  Error error = written ? io::system_error("rename", path, errno) : written.error();
  ::unlink(temporary.c_str());  // on a full disk the reason of the failure needs its place
  return error;
}

}  // namespace

Outcome<void> write_checkpoint(const std::string& path, std::string_view data) {
  return write_by_way_of(path + std::string(unfinished), path, data);
}

Outcome<void> write_output(const std::string& path, std::string_view data) {
  const fs::path whole = path;
  const fs::path above = whole.parent_path().parent_path();
  return write_by_way_of((above / whole.filename()).string() + std::string(unfinished), path, data);
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
  CHECK_OK(write_checkpoint(path_of(iteration), model));
  own_.push_back(iteration);
  if (own_.size() <= most_kept) return {};
  ::unlink(path_of(own_.front()).c_str());
  own_.pop_front();
  return {};
}

}  // namespace clary::training
