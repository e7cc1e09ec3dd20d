#include "jobs/metric_files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <memory>
#include <set>

#include "io/file.hpp"
#include "io/walk.hpp"
#include "jobs/json_members.hpp"

namespace clary::jobs {

namespace {

constexpr std::size_t most_files = 256;               // of a host; further ones are not looked at
constexpr std::size_t most_read = 1024 * 1024;        // at a time
constexpr std::size_t longest_line = 64 * 1024;       // a longer one is passed over
constexpr std::uint64_t most_of_file = 1ULL << 30;    // what a file holds beyond that is not read: it may be all holes
constexpr std::size_t longest_name = 255;             // MetricName
constexpr std::int64_t second = 1'000'000, oldest = 14 * 86400 * second, newest = 2 * 3600 * second;

std::optional<Time> to_time(double seconds, Time now) {
  if (!std::isfinite(seconds) || std::abs(seconds) > 1e12) return std::nullopt;
  const Time time{static_cast<std::int64_t>(std::llround(seconds * 1e6))};
  if (time.micros < now.micros - oldest || time.micros > now.micros + newest) return std::nullopt;
  return time;
}

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

// "123.json": what can stand in the job's record as it is.
bool is_plain(std::string_view name) {
  return !name.empty() && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '.' || c == '-' || c == '_'; });
}

// Those that were read before, and others up to the limit.
std::set<std::string> names_below(io::File folder, const FileOffsets& known) {
  std::set<std::string> names;
  for (const auto& [name, offset] : known) names.insert(name);
  std::unique_ptr<DIR, CloseFolder> open(fdopendir(folder.fd()));
  if (!open) return names;
  folder.release();
  while (names.size() < most_files) {
    const dirent* entry = readdir(open.get());
    if (entry == nullptr) break;
    if ((entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN) && is_plain(entry->d_name)) names.insert(entry->d_name);
  }
  return names;
}

// Neither through a link nor waiting for whoever should write to a pipe.
std::optional<io::File> open_regular(int folder, const std::string& name) {
  io::File file(openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat found {};
  if (!file || fstat(file.fd(), &found) != 0 || !S_ISREG(found.st_mode)) return std::nullopt;
  return file;
}

struct Taken {
  std::size_t bytes = 0;
  bool full = false;  // a whole buffer was read: there may be more
};

// Takes the lines of `text` that have an end. How much of it is done with.
std::size_t take_lines(std::string_view text, bool ended, Time now, std::vector<MeasuredPoint>& points) {
  std::size_t done = 0;
  while (done < text.size()) {
    const auto end = text.find('\n', done);
    if (end == std::string_view::npos && !ended) {
      // The rest of a line that is too long is passed over too, as one that is no metric.
      return text.size() - done > longest_line ? text.size() : done;
    }
    const std::string_view line = text.substr(done, std::min(end, text.size()) - done);
    done = std::min(end, text.size() - 1) + 1;
    if (auto point = parse_metric_line(line, now)) points.push_back(*std::move(point));
  }
  return done;
}

Taken take_file(const io::File& file, std::uint64_t offset, std::size_t most, bool ended, Time now, std::vector<MeasuredPoint>& points) {
  if (offset >= most_of_file) return {};
  std::string buffer(most, '\0');
  const auto got = file.pread(buffer.data(), buffer.size(), offset);
  if (!got || *got == 0) return {};
  const bool full = *got == buffer.size();
  return {take_lines(std::string_view(buffer).substr(0, *got), ended && !full, now, points), full};
}

}  // namespace

std::vector<std::string> metric_files_folder() {
  return {"output", "metrics", "sagemaker"};
}

std::optional<MeasuredPoint> parse_metric_line(std::string_view line, Time now) {
  if (line.size() > longest_line) return std::nullopt;
  boost::system::error_code code;
  const json::value value = json::parse(line, code);
  if (code || !value.is_object()) return std::nullopt;
  const Members members(&value);
  MeasuredPoint point;
  point.from_log = false;
  double seconds = 0;
  members.read("MetricName", point.name);
  if (point.name.empty() || point.name.size() > longest_name) return std::nullopt;
  if (!members.read("Value", point.value) || !std::isfinite(point.value)) return std::nullopt;
  if (!members.read("Timestamp", seconds)) return std::nullopt;
  const auto time = to_time(seconds, now);
  if (!time) return std::nullopt;
  point.time = *time;
  std::int64_t step = 0;
  if (members.read("IterationNumber", step) || members.read("Step", step)) point.step = step;
  return point;
}

FileMetrics read_metric_files(const std::string& ml, const FileOffsets& offsets, bool ended, Time now) {
  FileMetrics found;
  found.offsets = offsets;
  const auto folder = io::open_folder(ml, metric_files_folder());
  if (!folder) return found;
  std::size_t left = most_read;
  for (const std::string& name : names_below(io::File(openat(folder->fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)), offsets)) {
    const auto file = open_regular(folder->fd(), name);
    if (!file) continue;
    const auto known = offsets.find(name);
    const std::uint64_t offset = known == offsets.end() ? 0 : known->second;
    const auto size = file->size();
    if (!size || *size <= offset) continue;
    if (left < 2 * longest_line) {
      found.more = true;
      break;
    }
    const Taken taken = take_file(*file, offset, left, ended, now, found.points);
    if (taken.bytes > 0) found.offsets[name] = offset + taken.bytes;
    left -= std::min(left, taken.bytes);
    found.more = found.more || (taken.full && taken.bytes > 0);
  }
  return found;
}

}  // namespace clary::jobs
