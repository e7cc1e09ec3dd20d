// A replica's output on its way to CloudWatch Logs: log group /aws/sagemaker/Endpoints/<name>, one stream a replica.
// Owned by the replica. Thread rule: start and finish() from any thread (finish() blocks); the lines come on the
// follower's own thread. Invariant: events and the offset that they reach to are stored in one transaction, so a new
// server goes on where the old one was killed.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "meta/log_store.hpp"
#include "serving/replica_rows.hpp"
#include "workers/output.hpp"

namespace clary::serving {

class ReplicaLog {
 public:
  ReplicaLog(std::shared_ptr<meta::Store> store, meta::LogStore& logs, Scope scope, std::string endpoint,
             const ReplicaRow& row, const std::string& output_path);
  // Takes in all that the ended worker has written.
  void finish();
  // The last lines, oldest first, at most `limit` bytes together.
  std::string tail(std::size_t limit) const;

 private:
  struct Sink;
  std::shared_ptr<Sink> sink_;
  std::unique_ptr<workers::OutputFollower> follower_;
};

}  // namespace clary::serving
