#include "meta/log_merge.hpp"

#include <algorithm>
#include <iterator>

namespace clary::meta {
namespace {

// Beyond this, blocks that wait for their turn are read again when it comes: a thousand that all overlap must not fill
// the memory.
constexpr std::size_t most_loaded = 16 * 1024 * 1024;

}  // namespace

struct EventMerge::OpenBlock {
  BlockInfo info;
  std::string data;
  std::vector<BlockEvent> events;  // empty: not loaded
  std::size_t at = 0;
  LogPlace place;
};

EventMerge::EventMerge(Session& session, Direction direction, const LogPlace& bound, Fetch fetch)
    : session_(session), direction_(direction), bound_(bound), fetch_(std::move(fetch)) {}

EventMerge::~EventMerge() = default;

LogPlace EventMerge::edge(const BlockInfo& info) const {
  if (forward()) return {info.first, info.stream, info.seq, 0};
  return {info.last, info.stream, info.seq, std::numeric_limits<std::int64_t>::max()};
}

Outcome<const BlockInfo*> EventMerge::upcoming() {
  if (fetched_.empty() && !exhausted_) {
    TRY(auto more, fetch_());
    exhausted_ = more.empty();
    fetched_.assign(std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return fetched_.empty() ? nullptr : &fetched_.front();
}

Outcome<bool> EventMerge::next(Event& event) {
  if (given_) CHECK_OK(advance());
  given_ = false;
  while (true) {
    TRY(const BlockInfo* info, upcoming());
    if (!info || (!heap_.empty() && later(edge(*info), heap_.front()->place))) break;
    CHECK_OK(open(*info));
    fetched_.pop_front();
  }
  if (heap_.empty()) return false;
  OpenBlock& top = *heap_.front();
  CHECK_OK(load(top));
  event.place = top.place;
  event.ingestion = top.events[top.at].ingestion;
  event.message = top.events[top.at].message;
  event.stream_name = &top.info.stream_name;
  given_ = true;
  return true;
}

Outcome<void> EventMerge::open(const BlockInfo& info) {
  auto block = std::make_unique<OpenBlock>();
  block->info = info;
  CHECK_OK(load(*block));
  const auto& events = block->events;
  auto before_bound = [&](const BlockEvent& event) {
    auto index = &event - events.data();
    return LogPlace{event.timestamp, info.stream, info.seq, index} < bound_;
  };
  auto boundary =
      static_cast<std::size_t>(std::partition_point(events.begin(), events.end(), before_bound) - events.begin());
  if (forward() ? boundary == events.size() : boundary == 0) {
    unload(*block);
    return {};
  }
  block->at = forward() ? boundary : boundary - 1;
  block->place = {events[block->at].timestamp, info.stream, info.seq, static_cast<std::int64_t>(block->at)};
  if (loaded_ > most_loaded && !heap_.empty() && later(block->place, heap_.front()->place)) unload(*block);
  push(std::move(block));
  return {};
}

Outcome<void> EventMerge::load(OpenBlock& block) {
  if (!block.events.empty()) return {};
  CHECK_OK(session_.run("SELECT data FROM log_blocks WHERE stream_id = ? AND seq = ?",
                        {block.info.stream, block.info.seq}, [&](const Row& row) {
                          block.data = row.text(0);
                          return true;
                        }));
  TRY(block.events, decode_block(block.data));
  if (block.at >= block.events.size())
    return internal("log block {}/{} is shorter than it was", block.info.stream, block.info.seq);
  loaded_ += block.data.size();
  return {};
}

void EventMerge::unload(OpenBlock& block) {
  loaded_ -= block.data.size();
  block.events = {};
  block.data = {};
}

Outcome<void> EventMerge::advance() {
  auto block = pop();
  if (forward() ? block->at + 1 == block->events.size() : block->at == 0) {
    unload(*block);
    return {};
  }
  block->at += forward() ? 1 : -1;
  block->place.timestamp = block->events[block->at].timestamp;
  block->place.index = static_cast<std::int64_t>(block->at);
  if (loaded_ > most_loaded && !heap_.empty() && later(block->place, heap_.front()->place)) unload(*block);
  push(std::move(block));
  return {};
}

void EventMerge::push(std::unique_ptr<OpenBlock> block) {
  heap_.push_back(std::move(block));
  std::push_heap(heap_.begin(), heap_.end(),
                 [this](const auto& a, const auto& b) { return later(a->place, b->place); });
}

std::unique_ptr<EventMerge::OpenBlock> EventMerge::pop() {
  std::pop_heap(heap_.begin(), heap_.end(), [this](const auto& a, const auto& b) { return later(a->place, b->place); });
  auto block = std::move(heap_.back());
  heap_.pop_back();
  return block;
}

}  // namespace clary::meta
