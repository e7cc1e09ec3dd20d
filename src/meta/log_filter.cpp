// FilterLogEvents: the events of many streams of a group in one order of time.
#include <algorithm>
#include <unordered_set>

#include "meta/log_merge.hpp"

namespace clary::meta {
namespace {

// One call looks at no more than this, found or not, and gives a token to go on from: a rare pattern must not hold a
// thread for minutes.
constexpr std::int64_t most_scanned_bytes = 10 * 1024 * 1024;
constexpr std::int64_t most_scanned_blocks = 20000;
constexpr std::int64_t most_found_bytes = 1024 * 1024;
constexpr std::int64_t most_events = 10000;
constexpr std::int64_t most_rows = 256;  // looked up at a time

struct Selection {
  std::int64_t group = 0, widest = 0;
  std::unordered_set<std::int64_t> streams;  // empty: by prefix
  std::string prefix;
  std::int64_t from = earliest, until = latest;  // [from, until)
};

// Which streams, and between which times they have events: a job's few minutes in a group of years.
Outcome<Selection> select(Session& session, const GroupRow& group, const LogStore::FilterQuery& query) {
  Selection selection;
  selection.group = group.id;
  selection.widest = group.widest;
  selection.prefix = query.prefix;
  std::int64_t first = latest, last = earliest;
  for (const auto& name : query.streams) {
    TRY(auto stream, need_stream(session, group.id, name));
    selection.streams.insert(stream.id);
    if (stream.first_event == no_event) continue;
    first = std::min(first, stream.first_event);
    last = std::max(last, stream.last_event);
  }
  if (query.streams.empty() && query.prefix.empty()) {
    first = earliest;
    last = latest - 1;
  } else if (query.streams.empty()) {
    CHECK_OK(
        session.run("SELECT first_event, last_event FROM log_streams WHERE group_id = ? AND name >= ? AND name < ? AND "
                    "last_event >= 0",
                    {group.id, query.prefix, after_prefix(query.prefix)}, [&](const Row& row) {
                      first = std::min(first, row.integer(0));
                      last = std::max(last, row.integer(1));
                      return true;
                    }));
  }
  selection.from = std::max(first, std::clamp(query.start.value_or(earliest), earliest, latest));
  selection.until = std::min(last + 1, std::clamp(query.end.value_or(latest), earliest, latest));
  return selection;
}

// The selection's blocks in order of their first event, up to a number of rows looked at.
class GroupBlocks {
 public:
  GroupBlocks(Session& session, const Selection& selection, const LogPlace& bound)
      : session_(session), selection_(selection), bound_(bound), at_{bound.timestamp - selection.widest, -1, -1, 0} {}

  Outcome<std::vector<BlockInfo>> next() {
    std::vector<BlockInfo> blocks;
    bool more = true;
    while (blocks.empty() && more && !stopped_at_) {
      std::int64_t rows = 0;
      CHECK_OK(session_.run(
          "SELECT b.stream_id, b.seq, b.first_event, b.last_event, s.name FROM log_blocks b JOIN log_streams s ON s.id "
          "= b.stream_id "
          "WHERE b.group_id = ? AND (b.first_event, b.stream_id, b.seq) > (?, ?, ?) AND b.first_event < ? "
          "ORDER BY b.first_event, b.stream_id, b.seq LIMIT ?",
          {selection_.group, at_.timestamp, at_.stream, at_.seq, selection_.until, most_rows}, [&](const Row& row) {
            ++rows;
            BlockInfo info{row.integer(0), row.integer(1), row.integer(2), row.integer(3), {}};
            at_ = {info.first, info.stream, info.seq, 0};
            // Only rows beyond the bound count, so that every call gets further than the one before.
            scanned_ += at_ > bound_;
            if (info.last >= bound_.timestamp && wanted(info.stream, row.text(4))) {
              info.stream_name = row.text(4);
              blocks.push_back(std::move(info));
            }
            return true;
          }));
      more = rows == most_rows;
      if (more && scanned_ >= most_scanned_blocks) stopped_at_ = at_;
    }
    return blocks;
  }
  // Set when the budget ran out: blocks from here on were not looked at.
  const std::optional<LogPlace>& stopped_at() const { return stopped_at_; }

 private:
  bool wanted(std::int64_t stream, std::string_view name) const {
    return selection_.streams.empty() ? name.starts_with(selection_.prefix) : selection_.streams.contains(stream);
  }

  Session& session_;
  const Selection& selection_;
  const LogPlace bound_;
  LogPlace at_;
  std::int64_t scanned_ = 0;
  std::optional<LogPlace> stopped_at_;
};

std::string event_id(const LogPlace& place) {
  return fmt::format("{:016}{:012}{:016}{:012}", place.timestamp, place.stream, place.seq, place.index);
}

Outcome<LogStore::FilterPage> scan(Session& session, const Selection& selection, const LogPlace& bound,
                                   std::int64_t limit, const std::function<bool(std::string_view)>& matches) {
  LogStore::FilterPage page;
  GroupBlocks blocks(session, selection, bound);
  EventMerge merge(session, EventMerge::Direction::forward, bound, [&] { return blocks.next(); });
  const auto most = static_cast<std::size_t>(std::clamp<std::int64_t>(limit, 1, most_events));
  std::int64_t scanned = 0, found = 0;
  EventMerge::Event event;
  while (true) {
    TRY(bool more, merge.next(event));
    // What stands beyond the last block looked at has to wait: a block not seen yet may hold an earlier one.
    if (blocks.stopped_at() && (!more || event.place >= *blocks.stopped_at())) {
      page.next = place_token(*blocks.stopped_at());
      return page;
    }
    if (!more || event.place.timestamp >= selection.until) return page;
    const auto size = static_cast<std::int64_t>(event.message.size()) + event_overhead;
    if (page.events.size() == most || scanned >= most_scanned_bytes ||
        (found + size > most_found_bytes && !page.events.empty())) {
      page.next = place_token(event.place);
      return page;
    }
    scanned += size;
    if (matches && !matches(event.message)) continue;
    found += size;
    page.events.push_back({{event.place.timestamp, event.ingestion, std::string(event.message)},
                           *event.stream_name,
                           event_id(event.place)});
  }
}

}  // namespace

Outcome<LogStore::FilterPage> LogStore::filter(const Scope& scope, std::string_view group, const FilterQuery& query,
                                               const std::function<bool(std::string_view)>& matches) {
  return store_->read([&](Session& session) -> Outcome<FilterPage> {
    TRY(auto in_group, need_group(session, scope, group));
    TRY(auto selection, select(session, in_group, query));
    LogPlace bound{selection.from, 0, 0, 0};
    if (!query.token.empty()) {
      auto place = read_place_token(query.token);
      if (!place) return wrong_log_token();
      bound = std::max(bound, *place);
    }
    return scan(session, selection, bound, query.limit, matches);
  });
}

}  // namespace clary::meta
