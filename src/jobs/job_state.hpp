// What the machine remembers of a job between its steps and across restarts, as the JSON of meta::Record::state.
// A plain value, read and written under its run's lock. Invariant: decode(encode(x)) is x; members that a newer server
// added are skipped, members that an older one did not write have their defaults.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "jobs/job.hpp"
#include "jobs/metric_files.hpp"
#include "meta/records.hpp"

namespace clary::jobs {

// Where a job is heading, once that is certain; kept so that an upload cut short by a crash ends as it would have.
enum class Ending { none, completed, failed, stopped, max_runtime };

struct HostState {
  std::string log_stream;           // <job>/algo-1-<epoch seconds>
  std::uint64_t output_offset = 0;  // bytes of the worker's output that are log events by now
  FileOffsets metric_offsets;       // bytes of its metrics files that were taken in
  std::string progress;             // HostNotes::progress
};

struct JobState {
  Job job;
  std::shared_ptr<const std::string> spec;  // Task::spec(); null: as if it were {}
  Ending ending = Ending::none;
  std::vector<HostState> hosts;
  std::int64_t attempt = 0;                // how often it was tried again
  bool launching = false;                  // of several hosts: all are prepared, some may have started
  std::optional<std::size_t> failed_host;  // of several hosts: the first that failed
};

std::string encode_state(const JobState& state);
// From a record: its columns and its state.
Outcome<JobState> decode_state(const meta::Record& record);
// The same without the spec, for who only looks; what cannot be read is left out.
Job decode_job(const meta::Record& record);
// The record that insert() and update() need. `kind` is JobKind::record.
meta::Record to_record(const JobState& state, std::string_view kind);

// Ends the last transition and begins the next; the same status again only has its message replaced.
void enter(JobState& state, std::string_view secondary, std::string_view message, Time now);

}  // namespace clary::jobs
