// The hosts of one training, joined: from 1.7 on by the library's communicator, before that by rabit, which it is made with. And the
// tracker that brings them together, where the library has one of its own (from 2.1 on). Owned by the training. Thread rule: one
// thread; one Collective in a process. Invariant: between join() and its end every host makes the same calls in the same order.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "xgboost/library.hpp"

namespace clary::xgboost {

class Booster;

struct TrackerPlace {
  std::string host;
  int port = 0;
};

class Collective {
 public:
  // `task` tells this host from the others; ranks follow it where the tracker wants that. Waits for the others.
  static Outcome<std::unique_ptr<Collective>> join(std::shared_ptr<const Library> library, const TrackerPlace& tracker,
                                                   int workers, const std::string& task);
  ~Collective();

  int rank() const { return rank_; }
  int size() const { return size_; }
  // Each value becomes the mean of all hosts' values.
  Outcome<void> average(std::span<double> values);
  // Rabit's, which keeps what it needs for a host that begins anew: before the first round, and after each step.
  Outcome<void> start(Booster& booster);
  Outcome<void> checkpoint(Booster& booster);

 private:
  explicit Collective(std::shared_ptr<const Library> library) : library_(std::move(library)) {}

  std::shared_ptr<const Library> library_;
  int rank_ = 0, size_ = 1;
};

// The library's own tracker. Its thread is the library's.
class Tracker {
 public:
  // At `host`, an address of this one, at a port of its choice.
  static Outcome<std::unique_ptr<Tracker>> start(std::shared_ptr<const Library> library, const std::string& host,
                                                 int workers);
  ~Tracker();
  const TrackerPlace& place() const { return place_; }

 private:
  Tracker(std::shared_ptr<const Library> library, Handle handle) : library_(std::move(library)), handle_(handle) {}

  std::shared_ptr<const Library> library_;
  Handle handle_;
  TrackerPlace place_;
};

}  // namespace clary::xgboost
