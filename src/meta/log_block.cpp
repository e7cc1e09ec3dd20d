#include "meta/log_block.hpp"

namespace clary::meta {
namespace {

constexpr char format_version = 1;

void put_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

bool take_varint(std::string_view& in, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

// Small differences of either sign become small numbers. Unsigned, so that extreme times wrap instead of overflowing.
std::uint64_t zigzag(std::int64_t from, std::int64_t to) {
  const std::uint64_t difference = static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
  return (difference << 1) ^ (difference >> 63 ? ~std::uint64_t{0} : 0);
}

std::int64_t unzigzag(std::int64_t from, std::uint64_t coded) {
  const std::uint64_t difference = (coded >> 1) ^ (coded & 1 ? ~std::uint64_t{0} : 0);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(from) + difference);
}

}  // namespace

Outcome<std::vector<BlockEvent>> decode_block(std::string_view data) {
  std::vector<BlockEvent> events;
  if (data.empty() || data.front() != format_version) return internal("log block of an unknown format");
  data.remove_prefix(1);
  BlockEvent event;
  while (!data.empty()) {
    std::uint64_t timestamp = 0, ingestion = 0, length = 0;
    if (!take_varint(data, timestamp) || !take_varint(data, ingestion) || !take_varint(data, length) ||
        length > data.size()) {
      return internal("log block cut short after {} events", events.size());
    }
    event.timestamp = unzigzag(event.timestamp, timestamp);
    event.ingestion = unzigzag(event.ingestion, ingestion);
    event.message = data.substr(0, length);
    data.remove_prefix(length);
    events.push_back(event);
  }
  return events;
}

Outcome<BlockBuilder> BlockBuilder::extend(std::string data) {
  TRY(auto events, decode_block(data));
  if (events.empty()) return internal("log block without events");
  BlockBuilder builder;
  builder.events_ = static_cast<std::int64_t>(events.size());
  for (const auto& event : events) builder.stored_ += static_cast<std::int64_t>(event.message.size()) + event_overhead;
  builder.first_ = events.front().timestamp;
  builder.last_ = events.back().timestamp;
  builder.last_ingestion_ = events.back().ingestion;
  builder.data_ = std::move(data);
  return builder;
}

void BlockBuilder::add(std::int64_t timestamp, std::int64_t ingestion, std::string_view message) {
  if (data_.empty()) data_.push_back(format_version);
  if (events_ == 0) first_ = timestamp;
  put_varint(data_, zigzag(events_ == 0 ? 0 : last_, timestamp));
  put_varint(data_, zigzag(last_ingestion_, ingestion));
  put_varint(data_, message.size());
  data_.append(message);
  last_ = timestamp;
  last_ingestion_ = ingestion;
  ++events_;
  stored_ += static_cast<std::int64_t>(message.size()) + event_overhead;
}

}  // namespace clary::meta
