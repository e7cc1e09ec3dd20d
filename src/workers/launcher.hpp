// Starts, watches and stops workers: one process tree in a sandbox of its own, for a job's host or an endpoint's
// replica. A worker outlives the server: its output goes to a file, its exit to a file, and the next server attaches to
// it again by its id. Thread rule: any thread; on_exit callbacks run on the launcher's own thread and must be short.
// Invariant: a worker sees its own files, processes and network only; no worker is left behind when its folder is gone.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "base/time.hpp"
#include "io/process.hpp"

namespace clary::workers {

// A writable folder is given to the worker's uid (itself, not what is in it); what its callers put into it must belong
// to uid_of() already.
struct Mount {
  std::string source;  // on the host
  std::string target;  // inside
  bool writable = false;
};

struct Limits {
  double cpus = 0;           // 0: no limit
  std::uint64_t memory = 0;  // bytes; 0: none
  std::uint64_t disk = 0;    // bytes of the worker's writable folders; 0: none
  std::uint64_t processes = 4096;
  unsigned gpus = 0;  // of the host's, as far as it has them
};

// One host of several: the workers of a network have an address each (their interface is eth0), find each other by the
// names below in /etc/hosts, and reach nothing else that way. The first worker that starts makes the network, the
// removal of the last one ends it.
struct Link {
  std::string network;             // unique for all time, as a worker's id; empty: a worker on its own
  std::vector<std::string> hosts;  // "algo-1"...: all of them, in order; the worker's own hostname is among them
};

struct WorkerSpec {
  std::string id;                      // unique for all time; [a-zA-Z0-9._-]{1,200}; also the name of its folder
  std::string hostname = "localhost";  // "algo-1"
  std::vector<std::string> command;    // argv inside
  std::string working_directory = "/";
  // A container image that the host's podman has (an id, or a name): the worker runs in it, as whom it says. Then the
  // command may name a program on the image's PATH, the environment comes on top of the image's, and the working
  // directory "/" means the image's. Empty: the worker runs in a sandbox that shows the host's /usr.
  std::string image;
  std::string image_user;  // as the image says; empty: root. The writable folders are given to it
  // The TCP port inside that the Unix socket `serve_socket` (a path inside, below a writable mount) leads to: for images
  // that serve at a port. 0: none.
  int serve_port = 0;
  std::string serve_socket;
  // Nothing is inherited; PATH, HOME, USER, LOGNAME, LANG, TMPDIR are set where not given.
  std::map<std::string, std::string> environment;
  Link link;
  std::vector<Mount> mounts;  // beside /usr, /etc essentials, /proc, /dev and a private /tmp
  bool forwarder = true;      // Clary's port at 127.0.0.1:<port> inside, and nothing else of the host
  bool host_network = false;  // the host's network instead of its own: for making environments, never for a job
  // Under root: run as this one instead of one of its own (makers of environments share a cache).
  std::optional<unsigned> uid;
  Limits limits;
};

struct Exit {
  // lost: nobody saw how it ended
  enum class Kind { exited, signalled, out_of_memory, out_of_disk, lost } kind = Kind::exited;
  int code = 0;  // exit code
  int signal = 0;
  bool success() const { return kind == Kind::exited && code == 0; }
};

struct Usage {  // since the start; sampled
  double cpu_seconds = 0;
  std::uint64_t memory = 0, peak_memory = 0, disk = 0;
  double gpu_percent = 0;  // mean of its GPUs, now
  std::uint64_t gpu_memory = 0, peak_gpu_memory = 0;
};

class Worker {
 public:
  virtual ~Worker() = default;
  virtual const std::string& id() const = 0;
  virtual std::string folder() const = 0;                        // on the host: <data>/workers/<id>
  virtual std::string output_path() const = 0;                   // its stdout and stderr, as they come (see output.hpp)
  virtual std::optional<Exit> exit() const = 0;                  // once it has ended
  virtual void on_exit(std::function<void(Exit)> callback) = 0;  // at once when it has ended already
  // SIGTERM to its first process, SIGKILL to all after `grace`; returns at once.
  virtual void stop(std::chrono::milliseconds grace) = 0;
  virtual void kill() = 0;
  virtual Usage usage() const = 0;
};

// GPUs of the host that one worker has, from the choice until its end.
struct GpuLoan {
  std::vector<int> numbers;                        // of /dev/nvidia<number>, for its record
  std::vector<std::string> nodes;                  // theirs, then those that all GPUs share; none for none
  std::map<std::string, std::string> environment;  // where it sees no others; empty: this host has no GPU at all
};

class Launcher {
 public:
  virtual ~Launcher() = default;
  virtual Outcome<std::shared_ptr<Worker>> start(const WorkerSpec& spec) = 0;
  // The worker of that id that an earlier server started: running, or ended with its exit known or lost. not_found:
  // there is none.
  virtual Outcome<std::shared_ptr<Worker>> attach(const std::string& id) = 0;
  // Removes an ended worker's folder. Kills it first when it still runs.
  virtual void remove(const std::string& id) = 0;
  // The ids of all workers that have a folder: for clearing up at start.
  virtual std::vector<std::string> ids() const = 0;
  // The uid that the worker's files must belong to so that it can write them (a job's input folder is made before it
  // starts). Reserves the id's uid; root gives each worker one of its own, an ordinary user gives its own.
  virtual Outcome<unsigned> uid_of(const std::string& id) = 0;
  // For a launcher in front of this one, which starts a worker's first process by means of its own: makes the worker,
  // whose folder is there, a host of the network of `spec.link` until its remove(), and gives what takes that process
  // in. The process must have a network namespace of its own.
  using TakeIn = std::function<Outcome<void>(const io::ProcessId&)>;
  virtual Outcome<TakeIn> link_host(const WorkerSpec& spec) {
    return internal("{}: this launcher links no hosts", spec.id);
  }
  // For it too: GPUs for a worker, as its limits ask. They are in use as long as the loan lives, and while the worker whose
  // record names them runs and is attached to: keep the loan until then.
  virtual std::shared_ptr<const GpuLoan> lend_gpus(const WorkerSpec&) { return std::make_shared<const GpuLoan>(); }
};

}  // namespace clary::workers
