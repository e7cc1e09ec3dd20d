// One worker of the process launcher, running or ended. Owned by whoever started or attached to it, and by the watch
// while it runs. Thread rule: any thread. Invariant: once there is an exit it never changes, and every callback has
// been or is being called once.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/process.hpp"
#include "workers/launcher.hpp"
#include "workers/worker_folder.hpp"

namespace clary::workers {

class Watch;

class ProcessWorker : public Worker, public std::enable_shared_from_this<ProcessWorker> {
 public:
  // Running: `process` is clary-init's pidfd.
  ProcessWorker(std::string id, WorkerFolder folder, WorkerRecord record, io::File process, std::weak_ptr<Watch> watch);
  // Ended.
  ProcessWorker(std::string id, WorkerFolder folder, WorkerRecord record, Exit exit, Usage usage);

  const std::string& id() const override { return id_; }
  std::string folder() const override { return folder_.path(); }
  std::string output_path() const override { return folder_.output(); }
  std::optional<Exit> exit() const override;
  void on_exit(std::function<void(Exit)> callback) override;
  void stop(std::chrono::milliseconds grace) override;
  void kill() override;
  Usage usage() const override;

  const WorkerRecord& record() const { return record_; }
  const io::File& process() const { return process_; }
  // Kills the whole tree; if it has not ended by itself meanwhile, that is how it ended. `why` goes to its output, as
  // "clary: killed: <why>".
  void kill_as(const Exit& exit, const std::string& why);
  void sampled(const Usage& usage);
  // Its first process has ended: find out how, and tell.
  void ended();

 private:
  const std::string id_;
  const WorkerFolder folder_;
  const WorkerRecord record_;
  const io::File process_;
  const std::weak_ptr<Watch> watch_;
  mutable std::mutex mutex_;
  std::optional<Exit> exit_;
  bool killed_ = false;
  Usage usage_;
  std::vector<std::function<void(Exit)>> callbacks_;
};

// How the worker of that folder ended, once it has. That the kernel killed for want of memory stands in the cgroup alone:
// then its output says so too.
Exit how_it_ended(const WorkerFolder& folder, const WorkerRecord& record, Usage& usage);

}  // namespace clary::workers
