// A walk through the graph of associations: breadth first from one record, against the arrows, along them, or both ways at every step. Functions
// over a Session; the caller brings the transaction. Thread rule: as the Session's. Invariant: every record is reached once, by a shortest way, so
// cycles end by themselves; what is reached stands in the order of depth, then of creation, which later additions to the graph do not turn round.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "meta/associations.hpp"

namespace clary::meta {

struct WalkOptions {
  bool ascend = true;   // from a destination to its sources
  bool descend = true;  // from a source to its destinations
  int depth = 10;       // steps from the start
  bool with_steps = false;
  std::size_t most = 100'000;  // records reached; beyond it ErrorKind::limit_exceeded
};

struct Reached {
  std::int64_t record = 0;
  int depth = 0;
  std::string kind, type;
  Time created, modified;
};
// An association that was walked over; both its ends were reached.
struct WalkStep {
  std::int64_t source = 0, destination = 0;
  std::string association;
};
struct Walk {
  std::vector<Reached> reached;  // without the start
  std::vector<WalkStep> steps;   // each once
};
Outcome<Walk> walk(Session& session, std::int64_t start, const WalkOptions& options);

// The records on the ways that were walked from the start to `ends`, these included, by their ids. Of a walk in both directions only the shortest
// ways count: else everything would be on the way to everything. The walk must have its steps.
std::unordered_set<std::int64_t> on_the_way(const Walk& walk, const WalkOptions& options,
                                                  const std::vector<std::int64_t>& ends);

}  // namespace clary::meta
