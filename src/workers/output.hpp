// Follows a worker's output file and cuts it into lines. Owned by whoever stores the lines.
// Thread rule: start() and finish() from any thread; the sink runs on one thread that all followers share (finish()
// calls it on its own), never twice at a time for one follower, and must not destroy its follower. Invariant: every
// byte before the offset that the sink took was delivered exactly once; its space on the disk is freed (hole punching).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "base/time.hpp"

namespace clary::workers {

struct Line {
  Time time;  // when it was read
  // Valid UTF-8, without its end; at most 256 KiB (a longer line comes in pieces). '\r' ends a line too (progress
  // bars), but for the empty ones between two of them.
  std::string text;
};

class OutputFollower {
 public:
  // Some lines (not none, about 1 MiB at the most), and the offset after the last of them. Must be durable when it
  // returns true; false: try again later.
  using Sink = std::function<bool(std::vector<Line> lines, std::uint64_t offset)>;

  // Starts to follow from `offset`. New output reaches the sink within about 20 ms.
  static std::unique_ptr<OutputFollower> start(std::string path, std::uint64_t offset, Sink sink);
  // No sink call is running or comes after it.
  virtual ~OutputFollower() = default;
  // Delivers all that is in the file (a last line without an end too), then ends. Call it when the worker has ended.
  // A sink that goes on refusing is asked for 30 s, or until `given_up` says so.
  virtual void finish(const std::function<bool()>& given_up = {}) = 0;
};

}  // namespace clary::workers
