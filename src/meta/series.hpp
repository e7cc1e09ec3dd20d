// Series: the metrics of records (a trial component's "test:accuracy"), each a run of points with a running summary, so that who asks for the
// summary reads no points. The newest points lie beside the summary, the others in blocks, many to a row, that are merged into greater ones as
// the series grows. Functions over a Session; the caller brings the transaction. Thread rule: as the Session's.
// Invariant: a summary is that of every point ever appended.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "meta/store.hpp"

namespace clary::meta {

struct Point {
  double value = 0;  // finite
  Time time;
  std::optional<std::int64_t> step;
};

struct Summary {
  std::string name;
  std::int64_t count = 0;
  double min = 0, max = 0, mean = 0, last = 0;
  double squares = 0;  // the sum of the squared distances from the mean (Welford); at most the greatest double
  Time last_time;
  void add(const Point& point);
  double deviation() const;  // the sample's, as AWS's StdDev: of 95 and 97, 1.414; of one point 0
};

// Appends points to the series of that name of the record `owner`, and touches the record, which the caller found in this very transaction.
// `last` is that of the points' greatest time (the later one of equals).
Outcome<void> append(Session& session, std::int64_t owner, std::string_view name, std::span<const Point> points);
// Points of several series of one record at once. A series that would be more than the `most`-th of its record is not begun: the answer tells the
// places in `series` of those. `call` is what tells the caller's call from others, "" for none: the first of the series remembers it.
struct NamedPoints {
  std::string_view name;
  std::vector<Point> points;
};
Outcome<std::vector<std::size_t>> append(Session& session, std::int64_t owner, std::span<const NamedPoints> series, std::int64_t most,
                                         std::string_view call = {});
// Whether the points of that call were appended: each series knows the last 64 calls that it remembers (beside its newest points, so that
// remembering costs no page of the database).
Outcome<bool> was_appended(Session& session, std::int64_t owner, std::span<const NamedPoints> series, std::string_view call);
// How many a trial component may have: its Describe answers with all of them.
inline constexpr std::int64_t most_metrics = 5000;
// By name.
Outcome<std::vector<Summary>> summaries(Session& session, std::int64_t owner);
Outcome<std::optional<Summary>> summary(Session& session, std::int64_t owner, std::string_view name);
// Every point, block by block, in the order of appending. Blocks that lie wholly outside the range of steps or of times may be left out. `each`
// must not use the session.
struct PointRange {
  std::optional<std::int64_t> first_step, last_step;  // inclusive
  std::optional<Time> from, to;                       // inclusive
};
Outcome<void> each_block(Session& session, std::int64_t owner, std::string_view name, const PointRange& range,
                         const std::function<void(std::span<const Point>)>& each);
// Called by erase() of records.hpp. The tables are a step of record_migrations.
Outcome<void> erase_series(Session& session, std::int64_t owner);

}  // namespace clary::meta
