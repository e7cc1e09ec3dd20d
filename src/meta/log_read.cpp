// GetLogEvents. A token is a boundary between two events, so either direction goes on exactly where the page ended.
#include <algorithm>

#include "meta/log_merge.hpp"

namespace clary::meta {
namespace {

constexpr std::int64_t page_bytes = 1024 * 1024;
constexpr std::int64_t most_events = 10000;
constexpr std::int64_t most_blocks = 64;  // looked up at a time

using Direction = EventMerge::Direction;

// The blocks of one stream that may hold events of [start, end) on the wanted side of the bound.
class StreamBlocks {
 public:
  StreamBlocks(Session& session, const StreamRow& stream, Direction direction, const LogPlace& bound,
               std::int64_t start, std::int64_t end)
      : session_(session),
        stream_(stream.id),
        forward_(direction == Direction::forward),
        bound_(bound),
        start_(start),
        end_(end) {
    // A block that begins (ends) before the bound may still reach over it, by as much as the widest one does.
    at_ = forward_ ? bound.timestamp - stream.widest : bound.timestamp + stream.widest;
    seq_ = forward_ ? -1 : std::numeric_limits<std::int64_t>::max();
  }

  Outcome<std::vector<BlockInfo>> next() {
    std::vector<BlockInfo> blocks;
    auto take = [&](const Row& row) {
      blocks.push_back({stream_, row.integer(0), row.integer(1), row.integer(2), {}});
      return true;
    };
    if (forward_) {
      CHECK_OK(session_.run(
          "SELECT seq, first_event, last_event FROM log_blocks WHERE stream_id = ? AND (first_event, seq) > (?, ?) "
          "AND first_event < ? AND last_event >= ? ORDER BY first_event, seq LIMIT ?",
          {stream_, at_, seq_, end_, bound_.timestamp, most_blocks}, take));
    } else {
      CHECK_OK(session_.run(
          "SELECT seq, first_event, last_event FROM log_blocks WHERE stream_id = ? AND (last_event, seq) < (?, ?) "
          "AND last_event >= ? AND first_event <= ? ORDER BY last_event DESC, seq DESC LIMIT ?",
          {stream_, at_, seq_, start_, bound_.timestamp, most_blocks}, take));
    }
    if (!blocks.empty()) {
      at_ = forward_ ? blocks.back().first : blocks.back().last;
      seq_ = blocks.back().seq;
    }
    return blocks;
  }

 private:
  Session& session_;
  std::int64_t stream_;
  bool forward_;
  LogPlace bound_;
  std::int64_t start_, end_, at_, seq_;
};

struct Start {
  Direction direction;
  LogPlace bound;
};

Outcome<Start> start_of(const LogStore::EventQuery& query, std::int64_t stream, std::int64_t start, std::int64_t end) {
  if (query.token.empty()) {
    if (query.from_head) return Start{Direction::forward, {start, stream, 0, 0}};
    return Start{Direction::backward, {end, stream, 0, 0}};
  }
  std::string_view token = query.token;
  const bool forward = token.starts_with("f/");
  if (!forward && !token.starts_with("b/")) return wrong_log_token();
  auto place = read_place_token(token.substr(2));
  if (!place || place->stream != stream) return wrong_log_token();
  if (forward) return Start{Direction::forward, std::max(*place, LogPlace{start, stream, 0, 0})};
  return Start{Direction::backward, std::min(*place, LogPlace{end, stream, 0, 0})};
}

Outcome<LogStore::EventPage> read_page(Session& session, const StreamRow& stream, const LogStore::EventQuery& query) {
  const std::int64_t start = std::clamp(query.start.value_or(earliest), earliest, latest);
  const std::int64_t end = std::clamp(query.end.value_or(latest), earliest, latest);
  TRY(auto from, start_of(query, stream.id, start, end));
  const bool forward = from.direction == Direction::forward;
  StreamBlocks blocks(session, stream, from.direction, from.bound, start, end);
  EventMerge merge(session, from.direction, from.bound, [&] { return blocks.next(); });

  LogStore::EventPage page;
  const auto limit = static_cast<std::size_t>(std::clamp<std::int64_t>(query.limit, 1, most_events));
  std::optional<LogPlace> first, last;
  std::int64_t bytes = 0;
  EventMerge::Event event;
  while (page.events.size() < limit) {
    TRY(bool more, merge.next(event));
    if (!more || (forward ? event.place.timestamp >= end : event.place.timestamp < start)) break;
    bytes += static_cast<std::int64_t>(event.message.size()) + event_overhead;
    if (bytes > page_bytes && !page.events.empty()) break;
    page.events.push_back({event.place.timestamp, event.ingestion, std::string(event.message)});
    if (!first) first = event.place;
    last = event.place;
  }
  if (!forward) {
    std::reverse(page.events.begin(), page.events.end());
    std::swap(first, last);
  }
  // Nothing here yet: whoever polls on must get all that comes.
  LogPlace nothing = query.token.empty() ? LogPlace{start, stream.id, 0, 0} : from.bound;
  LogPlace after = last.value_or(nothing);
  if (last) ++after.index;
  page.forward = "f/" + place_token(after);
  page.backward = "b/" + place_token(first.value_or(nothing));
  return page;
}

}  // namespace

Outcome<LogStore::EventPage> LogStore::events(const Scope& scope, std::string_view group, std::string_view stream,
                                              const EventQuery& query) {
  return store_->read([&](Session& session) -> Outcome<EventPage> {
    TRY(auto in_group, need_group(session, scope, group));
    TRY(auto in_stream, need_stream(session, in_group.id, stream));
    return read_page(session, in_stream, query);
  });
}

}  // namespace clary::meta
