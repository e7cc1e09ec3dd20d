// A worker's folder, <data>/workers/<id>: all that the next server needs to find it again.
//   uid              the uid that its files belong to
//   container        there when it may have a container: the user that its image names
//   pid, podman      of a container: its first process, as podman wrote it; podman's errors when it started
//   network          the name of its network, when it is one host of several
//   record           its first process, CPUs and limits (JSON), once it was started
//   output           its stdout and stderr
//   exit             written by clary-init when it has ended
//   killed           why we killed it, written before we do
//   etc/             files bound into its /etc
//   fastfile/ checkpoints/   of a job that has them (src/jobs), bound into it
//   ml/ tmp/ home/   its own /opt/ml, /tmp and home: the only parts that it can write
// Owned by the launcher. Thread rule: any thread, one worker's folder by one thread at a time.
// Invariant: the parts that the server reads back are not writable for a worker under a uid of its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "base/outcome.hpp"
#include "io/process.hpp"
#include "workers/launcher.hpp"

namespace clary::workers {

struct WorkerRecord {
  std::string boot;       // pids of another boot mean nothing
  io::ProcessId process;  // clary-init
  bool sandboxed = true;
  std::vector<int> cpus, gpus;
  std::string cgroup;  // empty: none
  Limits limits;
  std::vector<std::string> writable;  // host folders that count as its disk use
};

class WorkerFolder {
 public:
  explicit WorkerFolder(std::string path) : path_(std::move(path)) {}
  const std::string& path() const { return path_; }
  std::string at(const std::string& name) const { return path_ + "/" + name; }
  std::string output() const { return at("output"); }

  Outcome<void> make_parts(unsigned uid, unsigned gid) const;  // ml, tmp, home
  // Files for its /etc (and /sys/devices/system/cpu/online, which cpu_count() asks), and where they go.
  Outcome<std::vector<Mount>> make_files(const WorkerSpec& spec, unsigned uid, unsigned gid,
                                         const std::vector<int>& cpus, bool host_network) const;

  std::optional<unsigned> uid() const;
  Outcome<void> keep_uid(unsigned uid) const;
  std::string network() const;  // empty: none
  Outcome<void> keep_network(const std::string& name) const;
  Outcome<void> keep_record(const WorkerRecord& record) const;
  Outcome<WorkerRecord> record() const;
  void keep_killed(const Exit& exit) const;
  // How it ended, once it has: what clary-init wrote, else why we killed it, else lost. Adds to `usage` what clary-init
  // measured.
  Exit read_exit(Usage& usage) const;
  bool says_killed() const;

  Outcome<void> remove() const;  // read-only folders in it too

 private:
  std::string path_;
};

// Replaces a file so that it outlives kill -9 of the server; after a power loss the worker is gone anyway, so no fsync is
// waited for.
Outcome<void> replace_file(const std::string& path, std::string_view text, mode_t mode);

bool is_worker_id(const std::string& id);
// Tells the folder of the workers' folders from those of other servers, in names that are the whole host's: "1f2e3d4c".
std::string mark_of(const std::string& workers_folder);

}  // namespace clary::workers
