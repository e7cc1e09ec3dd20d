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

// Reads the columns of steps and times.
class Reader {
 public:
  explicit Reader(std::string_view data)
      : at_(reinterpret_cast<const unsigned char*>(data.data())), end_(at_ + data.size()) {}
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

  bool take_byte(char& byte) {
    if (at_ == end_) return false;
    byte = static_cast<char>(*at_++);
    return true;
  }
  bool take_varint(std::uint64_t& value) {
    const unsigned char* at = at_;
    const unsigned char* end = left() > longest_varint ? at + longest_varint : end_;
    value = 0;
    for (unsigned shift = 0; at != end; shift += 7) {
      const std::uint64_t byte = *at++;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        at_ = at;
        return true;
      }
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
  // Takes from the end.
  std::string_view take_last(std::size_t size) {
    end_ -= size;
    return {reinterpret_cast<const char*>(end_), size};
  }
  bool take(std::size_t size, std::string_view& bytes) {
    if (left() < size) return false;
    bytes = {reinterpret_cast<const char*>(at_), size};
    at_ += size;
    return true;
  }

 private:
  static constexpr std::size_t longest_varint = 10;
  const unsigned char* at_;
  const unsigned char* end_;
};

bool read_steps(Reader& in, char steps, std::span<Point> points) {
  std::string_view has;
  if (steps == Steps::some && !in.take(points.size(), has)) return false;
  std::int64_t step = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (steps == Steps::none || (steps == Steps::some && has[i] == 0)) {
      points[i].step.reset();
      continue;
    }
    if (!in.take_difference(step)) return false;
    points[i].step = step;
  }
  return true;
}

// Sets all of every point: what was in them before is of no matter.
bool read_columns(Reader& in, char steps, std::span<Point> points) {
  if (steps != Steps::none && steps != Steps::all && steps != Steps::some) return false;
  std::string_view values = in.take_last(points.size() * sizeof(double));
  if (!read_steps(in, steps, points)) return false;
  std::int64_t micros = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!in.take_difference(micros)) return false;
    points[i].time.micros = micros;
    std::memcpy(&points[i].value, values.data() + i * sizeof(double), sizeof(double));
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
  points.resize(count);
  if (read_columns(in, steps, points)) return {};
  points.clear();
  return internal("block of a series is damaged");
}

}  // namespace clary::meta
