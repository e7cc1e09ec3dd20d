// Taking events in: put() of a client, append() of a job's output.
#include <algorithm>

#include "meta/log_block.hpp"
#include "meta/log_rows.hpp"

namespace clary::meta {
namespace {

constexpr std::size_t full_block = 128 * 1024;  // what a read decodes to find one event
// Short batches are added to the newest block up to this: a job that prints a line a second must not make a row a line,
// and a row that is written again at every line must be small.
constexpr std::int64_t small_block = 4096;
constexpr std::int64_t small_block_span = 60'000;

// Adds a batch to one stream, with the sums that its rows keep.
class BatchWriter {
 public:
  BatchWriter(Session& session, const GroupRow& group, StreamRow& stream, std::int64_t now)
      : session_(session), group_(group), stream_(stream), now_(now) {}

  // `in_order`: a timestamp before the stream's last event becomes that one's.
  Outcome<void> write(const std::vector<LogEvent>& events, bool in_order) {
    std::vector<const LogEvent*> sorted;
    sorted.reserve(events.size());
    std::size_t size = 0;
    for (const auto& event : events) {
      sorted.push_back(&event);
      size += event.message.size();
    }
    std::stable_sort(sorted.begin(), sorted.end(), [](auto* a, auto* b) { return a->timestamp < b->timestamp; });
    const std::int64_t floor = in_order && stream_.last_event != no_event ? stream_.last_event : earliest;
    auto time_of = [&](const LogEvent& event) { return std::clamp(event.timestamp, floor, latest); };

    TRY(auto block, begin(time_of(*sorted.front()), time_of(*sorted.back()), static_cast<std::int64_t>(size)));
    block.reserve(std::min(size + 8 * events.size(), full_block) + 64);
    for (const LogEvent* event : sorted) {
      if (!block.empty() && block.size() + event->message.size() > full_block) {
        CHECK_OK(finish(block));
        block = BlockBuilder();
      }
      block.add(time_of(*event), now_, event->message);
    }
    CHECK_OK(finish(block));
    return note();
  }

 private:
  // The block to add to: the stream's newest one where that is small, else a new one.
  Outcome<BlockBuilder> begin(std::int64_t first, std::int64_t last, std::int64_t size) {
    const bool fits = stream_.tail_size > 0 && stream_.tail_size + size <= small_block && first >= stream_.last_event;
    if (!fits) return BlockBuilder();
    std::string data;
    CHECK_OK(session_.run("SELECT data FROM log_blocks WHERE stream_id = ? AND seq = ?",
                          {stream_.id, stream_.next_seq - 1}, [&](const Row& row) {
                            data = row.text(0);
                            return true;
                          }));
    if (data.empty()) return BlockBuilder();
    TRY(auto block, BlockBuilder::extend(std::move(data)));
    if (last - block.first() > small_block_span) return BlockBuilder();
    extends_ = true;
    stored_ -= block.stored();
    return block;
  }

  Outcome<void> finish(BlockBuilder& block) {
    const std::int64_t first = block.first(), last = block.last(), events = block.events(), stored = block.stored();
    stream_.tail_size = static_cast<std::int64_t>(block.size());
    stream_.widest = std::max(stream_.widest, last - first);
    stream_.first_event = stream_.first_event == no_event ? first : std::min(stream_.first_event, first);
    stream_.last_event = std::max(stream_.last_event, last);
    stored_ += stored;
    std::vector<Value> values;
    values.reserve(8);
    values.insert(values.end(), {first, last, events, stored});
    values.emplace_back(Bytes{block.take()});
    if (extends_) {
      extends_ = false;
      values.insert(values.end(), {stream_.id, stream_.next_seq - 1});
      CHECK_OK(
          session_.run("UPDATE log_blocks SET first_event = ?, last_event = ?, events = ?, stored_bytes = ?, data = ? "
                       "WHERE stream_id = ? AND seq = ?",
                       values));
      return {};
    }
    values.insert(values.end(), {stream_.id, stream_.next_seq, group_.id});
    CHECK_OK(session_.run(
        "INSERT INTO log_blocks (first_event, last_event, events, stored_bytes, data, stream_id, seq, group_id) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        values));
    ++stream_.next_seq;
    return {};
  }

  Outcome<void> note() {
    CHECK_OK(session_.run(
        "UPDATE log_streams SET first_event = ?, last_event = ?, last_ingestion = ?, stored_bytes = stored_bytes + ?, "
        "next_seq = ?, widest = ?, tail_size = ? WHERE id = ?",
        {stream_.first_event, stream_.last_event, now_, stored_, stream_.next_seq, stream_.widest, stream_.tail_size,
         stream_.id}));
    CHECK_OK(session_.run("UPDATE log_groups SET stored_bytes = stored_bytes + ?, widest = ? WHERE id = ?",
                          {stored_, std::max(group_.widest, stream_.widest), group_.id}));
    return {};
  }

  Session& session_;
  const GroupRow& group_;
  StreamRow& stream_;
  const std::int64_t now_;
  bool extends_ = false;
  std::int64_t stored_ = 0;
};

}  // namespace

Outcome<void> LogStore::put(const Scope& scope, std::string_view group, std::string_view stream,
                            const std::vector<LogEvent>& events) {
  return store_->write([&](Session& session) -> Outcome<void> {
    TRY(auto in_group, need_group(session, scope, group));
    TRY(auto in_stream, need_stream(session, in_group.id, stream));
    if (events.empty()) return {};
    return BatchWriter(session, in_group, in_stream, clock_.now().millis()).write(events, false);
  });
}

Outcome<void> LogStore::append(Session& session, const Scope& scope, std::string_view group, std::string_view stream,
                               const std::vector<LogEvent>& events) {
  const Time now = clock_.now();
  TRY(auto in_group, find_group(session, scope, group));
  if (!in_group) {
    TRY(in_group, make_group(session, scope, group, now));
  }
  TRY(auto in_stream, find_stream(session, in_group->id, stream));
  if (!in_stream) {
    TRY(in_stream, make_stream(session, in_group->id, stream, now));
  }
  if (events.empty()) return {};
  return BatchWriter(session, *in_group, *in_stream, now.millis()).write(events, true);
}

}  // namespace clary::meta
