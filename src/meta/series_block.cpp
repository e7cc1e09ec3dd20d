#include "meta/series_block.hpp"

#include <bit>
#include <cstring>

namespace clary::meta {
namespace {

static_assert(std::endian::native == std::endian::little, "values are stored as they lie in memory");

constexpr char format_version = 1;
enum Steps : char { none = 0, all = 1, some = 2 };  // some: a byte a point says which

void put_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

// Small differences of either sign become small numbers. Unsigned, so that extreme ones wrap instead of overflowing.
void put_difference(std::string& out, std::int64_t& before, std::int64_t value) {
  const std::uint64_t difference = static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(before);
  put_varint(out, (difference << 1) ^ (difference >> 63 ? ~std::uint64_t{0} : 0));
  before = value;
}

class Reader {
 public:
  explicit Reader(std::string_view data) : at_(data.data()), end_(data.data() + data.size()) {}
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

  bool take_byte(char& byte) {
    if (at_ == end_) return false;
    byte = *at_++;
    return true;
  }
  bool take_varint(std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64 && at_ != end_; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }
  bool take_difference(std::int64_t& value) {
    std::uint64_t coded = 0;
    if (!take_varint(coded)) return false;
    const std::uint64_t difference = (coded >> 1) ^ (coded & 1 ? ~std::uint64_t{0} : 0);
    value = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) + difference);
    return true;
  }
  bool take_value(double& value) {
    if (left() < sizeof value) return false;
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return true;
  }

 private:
  const char* at_;
  const char* end_;
};

bool read_steps(Reader& in, char steps, std::span<Point> points) {
  if (steps == Steps::none) return true;
  if (steps != Steps::all && steps != Steps::some) return false;
  for (Point& point : points) {
    char has = 1;
    if (steps == Steps::some && !in.take_byte(has)) return false;
    if (has != 0) point.step = 0;
  }
  std::int64_t step = 0;
  for (Point& point : points) {
    if (!point.step) continue;
    if (!in.take_difference(step)) return false;
    point.step = step;
  }
  return true;
}

bool read_columns(Reader& in, char steps, std::span<Point> points) {
  if (!read_steps(in, steps, points)) return false;
  std::int64_t micros = 0;
  for (Point& point : points) {
    if (!in.take_difference(micros)) return false;
    point.time.micros = micros;
  }
  for (Point& point : points) {
    if (!in.take_value(point.value)) return false;
  }
  return in.left() == 0;
}

}  // namespace

std::string encode_points(std::span<const Point> points) {
  std::size_t with_step = 0;
  for (const Point& point : points) with_step += point.step ? 1 : 0;
  const char steps = with_step == 0 ? Steps::none : with_step == points.size() ? Steps::all : Steps::some;
  std::string out;
  out.reserve(16 + points.size() * 13);
  out.push_back(format_version);
  put_varint(out, points.size());
  out.push_back(steps);
  if (steps == Steps::some) {
    for (const Point& point : points) out.push_back(point.step ? 1 : 0);
  }
  std::int64_t before = 0;
  for (const Point& point : points) {
    if (point.step) put_difference(out, before, *point.step);
  }
  before = 0;
  for (const Point& point : points) put_difference(out, before, point.time.micros);
  for (const Point& point : points) out.append(reinterpret_cast<const char*>(&point.value), sizeof point.value);
  return out;
}

Outcome<void> decode_points(std::string_view data, std::vector<Point>& points) {
  Reader in(data);
  char version = 0, steps = 0;
  std::uint64_t count = 0;
  // A point takes nine bytes at least: a count beyond that is not to be believed, nor to be allocated.
  if (!in.take_byte(version) || version != format_version || !in.take_varint(count) || !in.take_byte(steps) ||
      count > in.left() / 9)
    return internal("block of a series of an unknown format");
  const std::size_t before = points.size();
  points.resize(before + count);
  if (read_columns(in, steps, std::span(points).subspan(before))) return {};
  points.resize(before);
  return internal("block of a series is damaged");
}

}  // namespace clary::meta
