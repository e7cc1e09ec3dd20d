// The Unix socket that a replica's worker listens on, held by its inode. Owned by whoever talks to that worker.
// Thread rule: connect() from any thread. Invariant: it leads to the very socket file that was found in the worker's
// folder: not to where a link points that the worker puts there later, and however long the folder's path is (sun_path
// holds 107 bytes).
#pragma once

#include <string>

#include "base/outcome.hpp"
#include "io/file.hpp"

namespace clary::models {

inline constexpr std::string_view socket_name = "worker.sock";

class WorkerSocket {
 public:
  WorkerSocket() = default;
  // not_found: there is none yet.
  static Outcome<WorkerSocket> open(const std::string& folder);
  explicit operator bool() const { return static_cast<bool>(inode_); }
  bool same_file(const WorkerSocket& other) const { return device_ == other.device_ && number_ == other.number_; }

  // A connected, non-blocking socket. `unavailable` with detail: nobody listens; `throttled`: the worker's queue of
  // connections is full.
  Outcome<io::File> connect() const;

 private:
  io::File inode_;
  dev_t device_ = 0;
  ino_t number_ = 0;
};

}  // namespace clary::models
