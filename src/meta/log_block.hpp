// A block: the events of a stretch of one log stream as bytes of one row. Each event is the differences of its two
// times from the event before, and its text, with lengths as varints: about three bytes beyond the text itself. Thread
// rule: plain values. Invariant: events of a block are in order of timestamp; an event's index in its block never
// changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/outcome.hpp"

namespace clary::meta {

struct BlockEvent {
  std::int64_t timestamp = 0;
  std::int64_t ingestion = 0;
  std::string_view message;  // into the block's bytes
};

// What CloudWatch counts for an event beyond its text.
constexpr std::int64_t event_overhead = 26;

Outcome<std::vector<BlockEvent>> decode_block(std::string_view data);

class BlockBuilder {
 public:
  BlockBuilder() = default;
  // Goes on with a block that exists.
  static Outcome<BlockBuilder> extend(std::string data);
  void reserve(std::size_t bytes) { data_.reserve(bytes); }

  void add(std::int64_t timestamp, std::int64_t ingestion, std::string_view message);

  bool empty() const { return events_ == 0; }
  std::size_t size() const { return data_.size(); }
  std::int64_t events() const { return events_; }
  std::int64_t stored() const { return stored_; }  // as CloudWatch counts bytes
  std::int64_t first() const { return first_; }
  std::int64_t last() const { return last_; }
  std::string take() { return std::move(data_); }

 private:
  std::string data_;
  std::int64_t events_ = 0, stored_ = 0, first_ = 0, last_ = 0, last_ingestion_ = 0;
};

}  // namespace clary::meta
