// The metrics that a job's processes write into files (SAGEMAKER_METRICS_DIRECTORY): a JSON object a line, {"MetricName", "Value", "Timestamp",
// "IterationNumber"}, a file a process. Thread rule: pure functions over the files of one host. Invariant: nothing but regular files below the
// host's own folder is read, through no symbolic link; what a job writes wrongly costs it those lines alone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/job_observer.hpp"

namespace clary::jobs {

inline constexpr std::string_view metric_files_inside = "/opt/ml/output/metrics/sagemaker";
std::vector<std::string> metric_files_folder();  // the same below a host's /opt/ml

// A line of such a file. Nothing for one that is none, a value that is not finite, and a time further from `now` than the SDKs allow: two weeks
// back, two hours ahead.
std::optional<MeasuredPoint> parse_metric_line(std::string_view line, Time now);

using FileOffsets = std::map<std::string, std::uint64_t>;  // by the name of the file
struct FileMetrics {
  std::vector<MeasuredPoint> points;
  FileOffsets offsets;  // up to which each file is read by now
  bool more = false;    // there is more to be read at once
};
// What stands after `offsets`, up to about 1 MiB. `ended`: nobody writes any more, so that a line without an end is one too.
FileMetrics read_metric_files(const std::string& ml, const FileOffsets& offsets, bool ended, Time now);

}  // namespace clary::jobs
