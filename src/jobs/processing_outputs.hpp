// What a processing job leaves: the files of its outputs' folders, put one by one below their S3Uri. An output may be
// brought up to date many times while the job writes it (Continuous) and a last time at its end. Owned by whoever drives
// the job, one a host. Thread rule: one thread at a time; calls block. Invariant: no link that the job made is followed,
// at any time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "io/walk.hpp"
#include "jobs/processing_job.hpp"
#include "jobs/s3_uri.hpp"
#include "objects/objects.hpp"

namespace clary::jobs {

class ProcessingOutputs {
 public:
  // `ml` is the host's /opt/ml as this machine sees it.
  ProcessingOutputs(objects::Objects& objects, std::vector<ProcessingOutput> outputs, std::string ml);

  bool any_continuous() const;
  // Puts what the outputs of mode Continuous have that is new or has changed since the last call. A file may be in the
  // middle of being written: it comes again once it has changed.
  Outcome<void> upload_changes(const std::function<bool()>& cancelled);
  // At the end: all files of the other outputs, and the last changes of the Continuous ones. Doing it again replaces
  // what was there. Here and above, what cannot be uploaded keeps nothing else from it; the first error is returned.
  Outcome<void> upload_all(const std::function<bool()>& cancelled);
  // Links, devices, pipes, sockets and names that no key can have, as far as the last call met them.
  const std::vector<std::string>& left_out() const { return left_out_; }

 private:
  // What tells one version of a file from the next.
  struct Version {
    std::uint64_t inode = 0, size = 0;
    std::int64_t modified = 0, changed = 0;  // nanoseconds
    bool operator==(const Version&) const = default;
  };
  using Versions = std::map<std::string, Version>;

  Outcome<void> upload_these(bool continuous_only, const std::function<bool()>& cancelled);
  Outcome<void> upload(const ProcessingOutput& output, const std::function<bool()>& cancelled);
  Outcome<void> bring(const S3Uri& uri, const io::Found& found, Versions& versions,
                      const std::function<bool()>& cancelled);

  objects::Objects& objects_;
  const std::vector<ProcessingOutput> outputs_;
  const std::string ml_;
  std::map<std::string, Versions> uploaded_;  // by the output's name: its files that are there already
  std::vector<std::string> left_out_;
};

}  // namespace clary::jobs
