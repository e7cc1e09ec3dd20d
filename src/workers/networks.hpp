// The networks of jobs with several hosts: a bridge in a network namespace of its own, held by a process of ours
// (clary-init hold), and a pair of interfaces from each worker's namespace to it. Owned by the launcher. Beside the
// workers' folder, <data>/networks/<name>/ keeps what the next server needs: `record`, the holder, and hosts/<id>, one
// file a worker. Thread rule: any thread. Invariant: a network without workers has no holder and no folder; whatever a
// killed server left over is cleared when the next one opens.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <sys/types.h>

#include "base/outcome.hpp"
#include "io/file.hpp"
#include "io/process.hpp"

namespace clary::workers {

struct Network {
  io::File user;  // the user namespace that owns it; none under root
  io::File net;
};

class Networks {
 public:
  // `workers` is the folder of the workers' folders; `reap` takes children that somebody must wait for.
  Networks(const std::string& workers, std::string init, std::function<void(pid_t)> reap);
  // The network, made when it is not there, with the worker among its hosts.
  Outcome<Network> enter(const std::string& name, const std::string& worker);
  // Gives the network namespace of the process an interface eth0 with that address.
  Outcome<void> join(const Network& network, const io::ProcessId& process, const std::string& address) const;
  // When the worker has ended and its folder is gone. The last one takes the network along.
  void leave(const std::string& name, const std::string& worker);

 private:
  std::string at(const std::string& name, const char* part) const { return root_ + "/" + name + part; }
  Outcome<io::ProcessId> holder(const std::string& name) const;
  Outcome<io::ProcessId> make(const std::string& name);
  void end_if_unused(const std::string& name);
  void clear_left_over(const std::string& workers);

  const std::string root_, init_;
  const std::function<void(pid_t)> reap_;
  std::mutex mutex_;
};

}  // namespace clary::workers
