// Events of many blocks in one order, forward or backward. Blocks may overlap in time (PutLogEvents takes older events
// later), so those that reach over the same time are open together and the next event is the least (greatest) of
// theirs. Owned by one read. Thread rule: the Session's. Invariant: each event beyond the bound comes once, in order of
// its place.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "meta/log_block.hpp"
#include "meta/log_rows.hpp"

namespace clary::meta {

struct BlockInfo {
  std::int64_t stream = 0, seq = 0, first = 0, last = 0;
  std::string stream_name;
};

class EventMerge {
 public:
  enum class Direction { forward, backward };
  // The next few blocks, in order of (first event, stream, seq), backward of (last event, stream, seq) descending;
  // none: the end.
  using Fetch = std::function<Outcome<std::vector<BlockInfo>>()>;
  struct Event {
    LogPlace place;
    std::int64_t ingestion = 0;
    std::string_view message;  // these two are valid until the next call
    const std::string* stream_name = nullptr;
  };

  // Forward: events at or after `bound`; backward: those before it.
  EventMerge(Session& session, Direction direction, const LogPlace& bound, Fetch fetch);
  ~EventMerge();

  // False at the end.
  Outcome<bool> next(Event& event);

 private:
  struct OpenBlock;
  bool forward() const { return direction_ == Direction::forward; }
  bool later(const LogPlace& a, const LogPlace& b) const { return forward() ? a > b : a < b; }
  LogPlace edge(const BlockInfo& info) const;
  Outcome<const BlockInfo*> upcoming();
  Outcome<void> open(const BlockInfo& info);
  Outcome<void> load(OpenBlock& block);
  void unload(OpenBlock& block);
  Outcome<void> advance();
  void push(std::unique_ptr<OpenBlock> block);
  std::unique_ptr<OpenBlock> pop();

  Session& session_;
  const Direction direction_;
  const LogPlace bound_;
  const Fetch fetch_;
  std::deque<BlockInfo> fetched_;
  bool exhausted_ = false;
  std::vector<std::unique_ptr<OpenBlock>> heap_;  // the next event's block on top
  std::size_t loaded_ = 0;                        // bytes of the blocks that are in memory
  bool given_ = false;                            // the top's event was given out
};

}  // namespace clary::meta
