#include "meta/series.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "meta/changes.hpp"
#include "meta/series_block.hpp"

namespace clary::meta {
namespace {

// How many points a block has. The blocks of a series of n points are the fewest of these sizes that cover n, the great ones first, without the
// last n % 64: those are the tail, which lies in the series' own row. So the place of a block, the number of its first point, is a multiple of
// its size, and appending merges 8 blocks into one where one of the next size has become full. The points of a great one fit a core's cache.
constexpr std::int64_t block_sizes[] = {4096, 512, 64};
constexpr std::int64_t smallest_block = 64;

struct Series {
  std::int64_t id = 0;  // 0: not stored yet
  Summary summary;
  std::string tail;
  std::string calls;  // that are remembered: their hashes, the oldest first
};

constexpr std::size_t most_calls = 64;

// FNV-1a, which is the same in every build.
std::string hash_of_call(std::string_view call) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char c : call) hash = (hash ^ c) * 0x100000001b3;
  std::string bytes(sizeof hash, '\0');
  std::memcpy(bytes.data(), &hash, sizeof hash);
  return bytes;
}

void remember(Series& series, std::string_view call) {
  const std::string hash = hash_of_call(call);
  if (series.calls.size() >= most_calls * hash.size()) series.calls.erase(0, hash.size());
  series.calls += hash;
}

bool remembers(const Series& series, std::string_view call) {
  const std::string hash = hash_of_call(call);
  for (std::size_t at = 0; at < series.calls.size(); at += hash.size()) {
    if (series.calls.compare(at, hash.size(), hash) == 0) return true;
  }
  return false;
}

constexpr std::string_view summary_columns = "name, count, least, greatest, mean, squares, last, last_time";

Summary read_summary(const Row& row) {
  Summary summary;
  summary.name = row.text(0);
  summary.count = row.integer(1);
  summary.min = row.real(2);
  summary.max = row.real(3);
  summary.mean = row.real(4);
  summary.squares = row.real(5);
  summary.last = row.real(6);
  summary.last_time.micros = row.integer(7);
  return summary;
}

Outcome<Series> find_series(Session& session, std::int64_t owner, std::string_view name) {
  static const std::string sql = fmt::format("SELECT {}, id, tail, calls FROM series WHERE owner = ? AND name = ?", summary_columns);
  Series series;
  CHECK_OK(session.run(sql, {owner, name}, [&](const Row& row) {
    series.summary = read_summary(row);
    series.id = row.integer(8);
    series.tail = row.text(9);
    series.calls = row.text(10);
    return false;
  }));
  return series;
}

Outcome<void> store_series(Session& session, std::int64_t owner, std::string_view name, Series& series) {
  const Summary& now = series.summary;
  if (series.id != 0) {
    CHECK_OK(session.run(
        "UPDATE series SET count = ?, least = ?, greatest = ?, mean = ?, squares = ?, last = ?, last_time = ?, tail = ?, calls = ? WHERE id = ?",
        {now.count, now.min, now.max, now.mean, now.squares, now.last, now.last_time.micros, Bytes{std::move(series.tail)},
         Bytes{std::move(series.calls)}, series.id}));
    return {};
  }
  CHECK_OK(
      session.run("INSERT INTO series (id, owner, name, count, least, greatest, mean, squares, last, last_time, tail, calls) "
                  "VALUES ((SELECT coalesce(max(id), 0) + 1 FROM series), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
                  {owner, name, now.count, now.min, now.max, now.mean, now.squares, now.last, now.last_time.micros,
                   Bytes{std::move(series.tail)}, Bytes{series.calls}},
                  [&](const Row& row) {
                    series.id = row.integer(0);
                    return true;
                  }));
  return {};
}

struct Bounds {
  std::optional<std::int64_t> first_step, last_step;
  std::int64_t first_time = 0, last_time = 0;
};

Bounds bounds_of(std::span<const Point> points) {
  Bounds bounds;
  bounds.first_time = bounds.last_time = points.front().time.micros;
  for (const Point& point : points) {
    bounds.first_time = std::min(bounds.first_time, point.time.micros);
    bounds.last_time = std::max(bounds.last_time, point.time.micros);
    if (!point.step) continue;
    bounds.first_step = std::min(bounds.first_step.value_or(*point.step), *point.step);
    bounds.last_step = std::max(bounds.last_step.value_or(*point.step), *point.step);
  }
  return bounds;
}

bool may_meet(const PointRange& range, const Bounds& bounds) {
  if (range.from && bounds.last_time < range.from->micros) return false;
  if (range.to && bounds.first_time > range.to->micros) return false;
  if (!bounds.first_step) return !range.first_step && !range.last_step;
  return (!range.first_step || *bounds.last_step >= *range.first_step) && (!range.last_step || *bounds.first_step <= *range.last_step);
}

Outcome<void> insert_block(Session& session, std::int64_t series, std::int64_t place, std::span<const Point> points) {
  auto or_null = [](const std::optional<std::int64_t>& value) { return value ? Value(*value) : Value(nullptr); };
  const Bounds bounds = bounds_of(points);
  CHECK_OK(session.run("INSERT INTO series_blocks (series, place, first_step, last_step, first_time, last_time, points) VALUES (?, ?, ?, ?, ?, ?, ?)",
                       {series, place, or_null(bounds.first_step), or_null(bounds.last_step), bounds.first_time, bounds.last_time,
                        Bytes{encode_points(points)}}));
  return {};
}

// Where the blocks begin that are made anew when a series whose blocks ended at `end` has them end at `new_end`.
std::int64_t first_changed(std::int64_t end, std::int64_t new_end) {
  for (std::int64_t size : block_sizes) {
    if (end / size != new_end / size) return end / size * size;
  }
  return end;
}

// Moves into blocks what of `points`, which begin at `place`, fills them.
Outcome<void> move_to_blocks(Session& session, std::int64_t series, std::int64_t place, std::vector<Point>& points) {
  const std::int64_t end = place + static_cast<std::int64_t>(points.size());
  const std::int64_t new_end = end / smallest_block * smallest_block;
  std::int64_t begin = first_changed(place, new_end);
  std::vector<Point> moved;
  if (begin < place) {
    moved.reserve(static_cast<std::size_t>(new_end - begin));
    std::vector<Point> block;
    Outcome<void> decoded;
    CHECK_OK(session.run("SELECT points FROM series_blocks WHERE series = ? AND place >= ? ORDER BY place", {series, begin}, [&](const Row& row) {
      decoded = decode_points(row.text(0), block);
      moved.insert(moved.end(), block.begin(), block.end());
      return decoded.ok();
    }));
    CHECK_OK(std::move(decoded));
    if (static_cast<std::int64_t>(moved.size()) != place - begin)
      return internal("series {} has {} points in blocks from {} to {}", series, moved.size(), begin, place);
    CHECK_OK(session.run("DELETE FROM series_blocks WHERE series = ? AND place >= ?", {series, begin}));
  }
  const auto filled = points.begin() + (new_end - place);
  moved.insert(moved.end(), points.begin(), filled);
  points.erase(points.begin(), filled);
  std::span<const Point> left(moved);
  for (std::int64_t size : block_sizes) {
    for (; static_cast<std::int64_t>(left.size()) >= size; begin += size) {
      CHECK_OK(insert_block(session, series, begin, left.first(static_cast<std::size_t>(size))));
      left = left.subspan(static_cast<std::size_t>(size));
    }
  }
  return {};
}

Outcome<void> append_to(Session& session, std::int64_t owner, std::string_view name, Series series, std::span<const Point> points) {
  std::vector<Point> tail;
  tail.reserve(smallest_block + points.size());
  if (!series.tail.empty()) CHECK_OK(decode_points(series.tail, tail));
  const std::int64_t place = series.summary.count - static_cast<std::int64_t>(tail.size());
  for (const Point& point : points) series.summary.add(point);
  tail.insert(tail.end(), points.begin(), points.end());
  if (static_cast<std::int64_t>(tail.size()) >= smallest_block) {
    if (series.id == 0) CHECK_OK(store_series(session, owner, name, series));
    CHECK_OK(move_to_blocks(session, series.id, place, tail));
  }
  series.tail = tail.empty() ? std::string() : encode_points(tail);
  return store_series(session, owner, name, series);
}

Outcome<std::int64_t> count_series(Session& session, std::int64_t owner) {
  std::int64_t count = 0;
  CHECK_OK(session.run("SELECT count(*) FROM series WHERE owner = ?", {owner}, [&](const Row& row) {
    count = row.integer(0);
    return false;
  }));
  return count;
}

}  // namespace

void Summary::add(const Point& point) {
  const double value = point.value;
  if (count == 0 || point.time >= last_time) {
    last = value;
    last_time = point.time;
  }
  min = count == 0 ? value : std::min(min, value);
  max = count == 0 ? value : std::max(max, value);
  ++count;
  const double n = static_cast<double>(count);
  const double distance = value - mean;
  // Two finite values may be further apart than a double can tell.
  mean = std::isfinite(distance) ? mean + distance / n : mean - mean / n + value / n;
  if (count > 1) squares = std::min(squares + distance * (value - mean), std::numeric_limits<double>::max());
}

double Summary::deviation() const {
  return count > 1 ? std::sqrt(squares / static_cast<double>(count - 1)) : 0;
}

Outcome<void> append(Session& session, std::int64_t owner, std::string_view name, std::span<const Point> points) {
  if (points.empty()) return {};
  TRY(Series series, find_series(session, owner, name));
  CHECK_OK(append_to(session, owner, name, std::move(series), points));
  return touch(session, owner);
}

Outcome<std::vector<std::size_t>> append(Session& session, std::int64_t owner, std::span<const NamedPoints> series, std::int64_t most,
                                         std::string_view call) {
  std::vector<std::size_t> refused;
  std::optional<std::int64_t> count;  // known once one is new
  for (std::size_t i = 0; i < series.size(); ++i) {
    const NamedPoints& one = series[i];
    if (one.points.empty()) continue;
    TRY(Series stored, find_series(session, owner, one.name));
    if (stored.id == 0) {
      if (!count) {
        TRY(count, count_series(session, owner));
      }
      if (*count >= most) {
        refused.push_back(i);
        continue;
      }
      ++*count;
    }
    if (!call.empty()) remember(stored, std::exchange(call, {}));
    CHECK_OK(append_to(session, owner, one.name, std::move(stored), one.points));
  }
  CHECK_OK(touch(session, owner));
  return refused;
}

Outcome<bool> was_appended(Session& session, std::int64_t owner, std::span<const NamedPoints> series, std::string_view call) {
  for (const NamedPoints& one : series) {
    TRY(const Series stored, find_series(session, owner, one.name));
    if (remembers(stored, call)) return true;
  }
  return false;
}

Outcome<std::vector<Summary>> summaries(Session& session, std::int64_t owner) {
  static const std::string sql = fmt::format("SELECT {} FROM series WHERE owner = ? ORDER BY name", summary_columns);
  std::vector<Summary> found;
  CHECK_OK(session.run(sql, {owner}, [&](const Row& row) {
    found.push_back(read_summary(row));
    return true;
  }));
  return found;
}

Outcome<std::optional<Summary>> summary(Session& session, std::int64_t owner, std::string_view name) {
  TRY(Series series, find_series(session, owner, name));
  if (series.id == 0) return std::optional<Summary>();
  return std::optional<Summary>(std::move(series.summary));
}

Outcome<void> each_block(Session& session, std::int64_t owner, std::string_view name, const PointRange& range,
                         const std::function<void(std::span<const Point>)>& each) {
  TRY(Series series, find_series(session, owner, name));
  std::vector<Point> points;
  Outcome<void> decoded;
  auto read = [&](const Row& row) {
    Bounds bounds;
    if (!row.is_null(0)) bounds.first_step = row.integer(0);
    if (!row.is_null(1)) bounds.last_step = row.integer(1);
    bounds.first_time = row.integer(2);
    bounds.last_time = row.integer(3);
    if (!may_meet(range, bounds)) return true;  // its points are not even read from the disk
    decoded = decode_points(row.text(4), points);
    if (decoded) each(points);
    return decoded.ok();
  };
  CHECK_OK(session.run("SELECT first_step, last_step, first_time, last_time, points FROM series_blocks WHERE series = ? ORDER BY place",
                       {series.id}, read));
  CHECK_OK(std::move(decoded));
  if (series.tail.empty()) return {};
  CHECK_OK(decode_points(series.tail, points));
  each(points);
  return {};
}

Outcome<void> erase_series(Session& session, std::int64_t owner) {
  CHECK_OK(session.run("DELETE FROM series_blocks WHERE series IN (SELECT id FROM series WHERE owner = ?)", {owner}));
  CHECK_OK(session.run("DELETE FROM series WHERE owner = ?", {owner}));
  return {};
}

}  // namespace clary::meta
