// What the machine (job_machine.hpp) asks of a kind of job: training (training_task.cpp), processing
// (processing_task.cpp) and transform (transform_task.cpp). A JobKind is a kind's constants; a Task is one job's work: what it demands, what its hosts
// start with, what runs beside them, what they leave. The machine owns all that kinds share: the record, environments,
// slots, workers, links between hosts, logs, stops, time limits, retries, failures and restarts of the server.
// Thread rule: a Task is immutable, and its functions are called from any thread; those marked "blocks" run on the
// machine's transfer threads, the rest return soon. Invariant: a Task made from spec() of another one does the same.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/outcome.hpp"
#include "jobs/failure_reason.hpp"
#include "jobs/job.hpp"
#include "jobs/job_parts.hpp"
#include "jobs/training_inputs.hpp"
#include "jobs/training_job.hpp"

namespace clary::jobs {

class Task;

struct JobKind {
  std::string_view record;         // its records' kind, as the ARN spells it: "training-job"
  std::string_view noun;           // "training job"
  std::string_view worker_prefix;  // "train-": how its workers' ids, and its links', begin
  std::string_view log_group;
  std::string_view running, running_message;  // the secondary status while its hosts work: "Training"
  std::string_view uploading_message;
  // Whether its work goes on with new workers where those of an earlier server are gone.
  bool resumes = false;
  // A task again, from what Task::spec() wrote: by an earlier server, maybe an older one.
  std::function<Outcome<std::shared_ptr<const Task>>(const JobParts&, std::string_view spec)> open;
};

struct Demand {
  std::string image, role_arn, instance_type;
  std::int64_t instance_count = 1;
  std::int64_t volume_gb = 30;
  std::int64_t max_runtime_seconds = 86400;
  std::int64_t retry_attempts = 0;  // after an InternalServerError
  // No forwarder, no credentials: nothing but the job's other hosts.
  bool network_isolation = false;
  std::vector<MetricDefinition> metrics;    // looked for in the lines of every host
  std::vector<std::string> without_effect;  // what was asked for and means nothing here: the log names it
};

// A host of a job, algo-1 to algo-n.
struct Host {
  std::size_t index = 0;
  std::vector<std::string> names;  // of all hosts of the job: "algo-1"...
  std::string worker;              // the id of its worker
  std::string ml;                  // its /opt/ml on this host
  std::optional<unsigned> owner;   // whom the files below `ml` are given to (root); none: they belong to it already
  const std::string& name() const { return names.at(index); }
};

// What a host's worker is made of, beside what the task brings.
struct Ready {
  const runtimes::Environment& environment;
  const workers::Surroundings& surroundings;  // nothing in isolation
  workers::Share share;
};

// What a companion knows from the one before it, and where it leaves what the next one has to know.
struct HostNotes {
  std::string progress;  // as it was kept last; empty: nothing was
  // Keeps it, with lines for the host's log and its data log, in one commit. False: the server ends, or the job is gone.
  std::function<bool(std::string progress, const std::vector<std::string>& lines,
                     const std::vector<std::string>& data_lines)>
      keep;
};

// What goes on beside a host while it works: checkpoints, Continuous outputs; or the work itself, where the worker is
// only its tool (transform). Made when its worker has started, and again by a server that finds it running or ended;
// destroyed (without a last word) when the server ends.
class Companion {
 public:
  virtual ~Companion() = default;
  // Of one that does the work: begins it, and calls `done` when there is no more for the host to do. The machine stops
  // the worker then.
  virtual void begin(std::function<void()> done) { (void)done; }
  // The job is to end, or its worker has ended: no more work is begun.
  virtual void give_up(const std::optional<workers::Exit>& exit) { (void)exit; }
  // Of one that does the work: how it ended, in place of how the worker did. After give_up() it is there.
  virtual std::optional<Outcome<void>> verdict() const { return std::nullopt; }
  // Blocks. The host has ended: the last synchronisation. Cancelled: the server ends, and the next one does it again.
  virtual Outcome<void> finish(const std::function<bool()>& cancelled) = 0;
};

struct Leavings {
  std::string model_artifact;         // Job::model_artifact
  std::vector<std::string> left_out;  // names that could not be uploaded, for the server's log
};

class Task {
 public:
  virtual ~Task() = default;
  virtual const JobKind& kind() const = 0;
  virtual Demand demand() const = 0;
  virtual std::string spec() const = 0;  // a JSON object: what is kept of it in the job's record

  // Blocks. Before an hour of work rather than after it: whether the outputs can be written. An error is worded for
  // FailureReason, here and below.
  virtual Outcome<void> check(const Job& job) const = 0;
  // Blocks. Makes the host's folders, configuration files and inputs below host.ml (which exists). Hosts are prepared
  // side by side.
  virtual Outcome<void> prepare(const Job& job, const Host& host, Intake& intake) const = 0;
  // The machine fills in id, hostname, link, forwarder and limits afterwards.
  virtual workers::WorkerSpec worker(const Job& job, const Host& host, const Ready& ready) const = 0;
  // Null where nothing goes on beside the host.
  virtual std::unique_ptr<Companion> accompany(const Job& job, const Host& host, HostNotes notes) const;

  // All hosts have ended, well or not. What the job says of its end: goes into the record with `Uploading`.
  virtual void ended(Job& job, const std::vector<Host>& hosts) const;
  // Why the host failed. `facts` have all but failure_file.
  virtual std::string why_failed(const Host& host, FailureFacts facts) const = 0;
  // Blocks. Uploads what the hosts left; also of a job that failed or was stopped. Doing it again replaces what was there.
  virtual Outcome<Leavings> upload(const Job& job, const std::vector<Host>& hosts,
                                   const std::function<bool()>& cancelled) const = 0;
};

}  // namespace clary::jobs
