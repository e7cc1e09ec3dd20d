// Checkpoints of one host of a job: what is below CheckpointConfig's S3Uri is brought into its LocalPath before the start,
// and what the job writes there is put below S3Uri while it runs. Owned by whoever drives the host, as a companion of its
// worker. Thread rule: one thread of its own, which looks once a second (less often where the folder is large); the other
// functions from one thread. Invariant: an object is always a whole file, as it was at one moment; no link that the job
// made is followed. As at AWS: hosts share one S3Uri, what a host adds is not brought to the others, and a file that is
// deleted inside is deleted in S3 too (unless another host has put a new one there meanwhile).
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/outcome.hpp"
#include "base/time.hpp"
#include "io/walk.hpp"
#include "jobs/s3_uri.hpp"
#include "jobs/training_inputs.hpp"
#include "workers/launcher.hpp"

namespace clary::jobs {

// Where LocalPath is on this machine: below the host's /opt/ml, or else in a folder of its own beside it, which is mounted.
struct CheckpointPlace {
  std::string top;                      // nobody but us can put something else in its place
  std::vector<std::string> parts;       // below it
  std::optional<workers::Mount> mount;  // to be added to the worker's
};
// An Error, worded for the client, for a LocalPath that can't be one.
Outcome<CheckpointPlace> checkpoint_place(const std::string& local_path, const std::string& ml);

// Makes the place and brings the objects below `uri` into it. None is fine.
Outcome<void> restore_checkpoints(Intake& intake, const std::string& uri, const CheckpointPlace& place);

struct CheckpointOptions {
  std::chrono::milliseconds look_every{1000};
  // A file that somebody still has open for writing is put there all the same once it has been left alone for so long.
  std::chrono::milliseconds held_open{10000};
};

class CheckpointSync {
 public:
  // What is the same in the place and in S3 already isn't put again: a server that finds the job running goes on where the
  // last one ended.
  CheckpointSync(objects::Objects& objects, const std::string& uri, CheckpointPlace place,
                 CheckpointOptions options = {});
  // Ends without a last look.
  ~CheckpointSync();
  CheckpointSync(const CheckpointSync&) = delete;
  CheckpointSync& operator=(const CheckpointSync&) = delete;

  // The host has ended, well or not: the last look, which takes every file as it is. Blocks. Doing it again is fine.
  Outcome<void> finish(const std::function<bool()>& cancelled = {});

  struct Version {  // of a file: what tells it from the next
    std::uint64_t inode = 0, size = 0;
    std::int64_t modified = 0, changed = 0;  // nanoseconds
    bool operator==(const Version&) const = default;
  };

 private:
  struct Known {
    std::optional<Version> put;                   // what is in S3
    std::string etag;                             // of the object that this host knows of; empty: none
    std::optional<Version> seen;                  // what the last look saw
    std::chrono::steady_clock::time_point since;  // when it was first seen so
    std::uint64_t look = 0;                       // the last that saw it
  };

  void run();
  Outcome<void> look(bool last);
  Outcome<void> take(const io::Found& found, bool last);
  bool is_due(Known& known, const Version& version, const io::Found& found, bool last);
  Outcome<void> put(const io::Found& found, const Version& version, Known& known, bool last);
  Outcome<void> delete_gone();
  Outcome<void> learn();
  Outcome<std::vector<io::File>> open() const;
  bool ending() const;
  bool given_up() const;
  std::string key_of(const std::string& name) const { return join_key(uri_.key, name); }

  objects::Objects& objects_;
  S3Uri uri_;
  std::optional<Error> wrong_uri_;
  const CheckpointPlace place_;
  const CheckpointOptions options_;
  std::map<std::string, Known> files_;  // by name below the folder
  bool learnt_ = false;
  std::uint64_t looks_ = 0;
  std::chrono::steady_clock::duration putting_{0};  // the part of this look that went into uploads

  mutable std::mutex mutex_;
  std::condition_variable change_;
  bool ending_ = false, dropped_ = false;
  std::function<bool()> cancelled_;
  std::thread thread_;
};

}  // namespace clary::jobs
