#include "meta/data_points.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

#include "meta/page_token.hpp"

namespace clary::meta {

// first and last: the times of a metric's oldest and newest row, in seconds.
const std::vector<Migration> data_point_migrations = {{200, R"sql(
CREATE TABLE data_metrics (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  space TEXT NOT NULL,
  name TEXT NOT NULL,
  dimensions TEXT NOT NULL,
  first BIGINT NOT NULL,
  last BIGINT NOT NULL
);
CREATE UNIQUE INDEX data_metrics_name ON data_metrics (account, region, space, name, dimensions);
CREATE TABLE data_points (
  metric BIGINT NOT NULL,
  time BIGINT NOT NULL,
  unit TEXT NOT NULL,
  count DOUBLE PRECISION NOT NULL,
  sum DOUBLE PRECISION NOT NULL,
  min DOUBLE PRECISION NOT NULL,
  max DOUBLE PRECISION NOT NULL,
  spread BLOB NOT NULL,
  PRIMARY KEY (metric, time, unit)
);
)sql"}};

namespace {

// "Host=algo-1&TrainingJobName=digits": sorted, each part percent-encoded, so that it reads back whatever is in it.
std::string dimensions_text(std::vector<Dimension> dimensions) {
  std::sort(dimensions.begin(), dimensions.end(), [](const auto& a, const auto& b) { return std::tie(a.name, a.value) < std::tie(b.name, b.value); });
  std::string text;
  for (const Dimension& dimension : dimensions) {
    if (!text.empty()) text += '&';
    text += uri_encode(dimension.name) + "=" + uri_encode(dimension.value);
  }
  return text;
}

std::vector<Dimension> read_dimensions(std::string_view text) {
  std::vector<Dimension> dimensions;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    const auto equals = part.find('=');
    dimensions.push_back({uri_decode(part.substr(0, equals)).value_or(""), uri_decode(part.substr(equals + 1)).value_or("")});
  }
  return dimensions;
}

Outcome<Datum> read_datum(const Row& row) {
  Datum datum{.time = {row.integer(0) * 1'000'000}, .unit = std::string(row.text(1))};
  datum.count = row.real(2), datum.sum = row.real(3), datum.min = row.real(4), datum.max = row.real(5);
  auto values = Distribution::decode(row.text(6));
  if (!values) return internal("the distribution of a data point does not read");
  datum.values = std::move(*values);
  return datum;
}

// Keeps the first error of a row, since a callback has no way to return one.
template <typename F>
Outcome<void> each_row(Session& session, std::string_view sql, const std::vector<Value>& values, F&& each) {
  std::optional<Error> failed;
  CHECK_OK(session.run(sql, values, [&](const Row& row) {
    auto datum = read_datum(row);
    if (!datum) {
      failed = std::move(datum).error();
    } else {
      each(*std::move(datum));
    }
    return !failed;
  }));
  if (failed) return *std::move(failed);
  return {};
}

// The metric's id; it is made where it is missing, and its times are brought up to date.
Outcome<std::int64_t> metric_row(Session& session, const Scope& scope, const MetricId& metric, std::int64_t first, std::int64_t last) {
  std::int64_t id = 0;
  const std::string dimensions = dimensions_text(metric.dimensions);
  CHECK_OK(session.run("INSERT INTO data_metrics (id, account, region, space, name, dimensions, first, last) VALUES "
                       "((SELECT coalesce(max(id), 0) + 1 FROM data_metrics), ?, ?, ?, ?, ?, ?, ?) "
                       "ON CONFLICT (account, region, space, name, dimensions) DO UPDATE SET "
                       "first = CASE WHEN excluded.first < data_metrics.first THEN excluded.first ELSE data_metrics.first END, "
                       "last = CASE WHEN excluded.last > data_metrics.last THEN excluded.last ELSE data_metrics.last END RETURNING id",
                       {scope.account, scope.region, metric.space, metric.name, dimensions, first, last}, [&](const Row& row) {
                         id = row.integer(0);
                         return true;
                       }));
  return id;
}

Outcome<void> put_row(Session& session, std::int64_t metric, std::int64_t time, Datum& datum) {
  CHECK_OK(each_row(session, "SELECT time, unit, count, sum, min, max, spread FROM data_points WHERE metric = ? AND time = ? AND unit = ?",
                    {metric, time, datum.unit}, [&](Datum there) {
                      there.merge(datum);
                      datum = std::move(there);
                    }));
  const Bytes spread{datum.values.empty() ? std::string{} : datum.values.encode()};
  CHECK_OK(session.run("INSERT INTO data_points (metric, time, unit, count, sum, min, max, spread) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
                       "ON CONFLICT (metric, time, unit) DO UPDATE SET count = excluded.count, sum = excluded.sum, min = excluded.min, "
                       "max = excluded.max, spread = excluded.spread",
                       {metric, time, datum.unit, datum.count, datum.sum, datum.min, datum.max, spread}));
  return {};
}

}  // namespace

Datum datum_of(Time time, double value, std::string unit) {
  return {.time = time, .unit = std::move(unit), .count = 1, .sum = value, .min = value, .max = value, .values = {}};
}

std::vector<Datum> by_minute(std::span<const Measured> values) {
  std::map<std::int64_t, std::map<double, double>> minutes;  // of each value how often it was seen
  for (const Measured& measured : values) minutes[measured.time.micros / 60'000'000][measured.value] += 1;
  std::vector<Datum> data;
  for (const auto& [minute, seen] : minutes) {
    Datum& datum = data.emplace_back(Datum{.time = {minute * 60'000'000}, .min = seen.begin()->first, .max = seen.rbegin()->first, .values = {}});
    for (const auto& [value, count] : seen) {
      datum.count += count, datum.sum += value * count;
      if (seen.size() > 1) datum.values.add(value, count);
    }
  }
  return data;
}

double Datum::percentile(double share) const { return values.empty() ? min : std::clamp(values.percentile(share), min, max); }

void Datum::merge(const Datum& other) {
  if (other.count == 0) return;
  if (count == 0) {
    count = other.count, sum = other.sum, min = other.min, max = other.max, values = other.values;
    return;
  }
  if (!has_percentiles() || !other.has_percentiles()) {
    values = {};
  } else if (!values.empty() || !other.values.empty() || min != other.min) {
    if (values.empty()) values.add(min, count);
    if (other.values.empty()) {
      values.add(other.min, other.count);
    } else {
      values.merge(other.values);
    }
  }
  count += other.count, sum += other.sum;
  min = std::min(min, other.min), max = std::max(max, other.max);
}

Outcome<void> put(Session& session, const Scope& scope, const MetricId& metric, std::span<const Datum> data) {
  if (data.empty()) return {};
  std::map<std::pair<std::int64_t, std::string_view>, Datum> rows;
  for (const Datum& datum : data) {
    std::int64_t second = datum.time.micros / 1'000'000;
    if (!datum.each_second) second -= second % 60;
    Datum& row = rows[{second, datum.unit}];
    row.unit = datum.unit;
    row.merge(datum);
  }
  TRY(const std::int64_t id, metric_row(session, scope, metric, rows.begin()->first.first, rows.rbegin()->first.first));
  for (auto& [key, row] : rows) CHECK_OK(put_row(session, id, key.first, row));
  return {};
}

Outcome<void> each_datum(Session& session, const Scope& scope, const MetricId& metric, const DataRange& range,
                         const std::function<void(const Datum&)>& each) {
  std::optional<std::int64_t> id;
  const std::string dimensions = dimensions_text(metric.dimensions);
  CHECK_OK(session.run("SELECT id FROM data_metrics WHERE account = ? AND region = ? AND space = ? AND name = ? AND dimensions = ?",
                       {scope.account, scope.region, metric.space, metric.name, dimensions}, [&](const Row& row) {
                         id = row.integer(0);
                         return false;
                       }));
  if (!id) return {};
  auto seconds_up = [](Time time) { return time.micros / 1'000'000 + (time.micros % 1'000'000 > 0 ? 1 : 0); };
  return each_row(session,
                  "SELECT time, unit, count, sum, min, max, spread FROM data_points WHERE metric = ? AND time >= ? AND time < ? ORDER BY time, unit",
                  {*id, seconds_up(range.from), seconds_up(range.to)}, [&](const Datum& datum) {
                    if (!range.unit || *range.unit == datum.unit) each(datum);
                  });
}

namespace {

bool passes(const MetricId& metric, const MetricQuery& query) {
  return std::all_of(query.dimensions.begin(), query.dimensions.end(), [&](const auto& filter) {
    return std::any_of(metric.dimensions.begin(), metric.dimensions.end(), [&](const Dimension& dimension) {
      return dimension.name == filter.name && (!filter.value || dimension.value == *filter.value);
    });
  });
}

// The query as a page token's: all but the place.
std::string token_query(const MetricQuery& query) {
  std::string text = fmt::format("{}\n{}\n{}\n{}\n{}", query.scope.account, query.scope.region, query.space, query.name,
                                 query.active_since.has_value());
  for (const auto& filter : query.dimensions) text += fmt::format("\n{}\n{}{}", filter.name, filter.value ? "=" : "", filter.value.value_or(""));
  return text;
}

}  // namespace

Outcome<MetricPage> list_metrics(Session& session, const MetricQuery& query) {
  PagePlace place;
  if (!query.after.empty()) {
    TRY(place, read_page_token(token_query(query), query.after));
  }
  std::string sql = "SELECT id, space, name, dimensions FROM data_metrics WHERE account = ? AND region = ? AND id > ? AND last >= ?";
  std::vector<Value> values{query.scope.account, query.scope.region, place.id,
                            query.active_since ? query.active_since->micros / 1'000'000 : std::numeric_limits<std::int64_t>::min()};
  auto narrow = [&](std::string_view condition, std::string_view value) {
    if (value.empty()) return;
    sql += condition;
    values.emplace_back(value);
  };
  narrow(" AND space = ?", query.space);
  narrow(" AND name = ?", query.name);
  sql += " ORDER BY id";
  MetricPage page;
  bool more = false;
  CHECK_OK(session.run(sql, values, [&](const Row& row) {
    MetricId metric{std::string(row.text(1)), std::string(row.text(2)), read_dimensions(row.text(3))};
    if (!passes(metric, query)) return true;
    more = page.metrics.size() == query.limit;
    if (more) return false;
    place.id = row.integer(0);
    page.metrics.push_back(std::move(metric));
    return true;
  }));
  if (more) page.next = make_page_token(token_query(query), place);
  return page;
}

Outcome<bool> expire_data(Session& session, Time before) {
  constexpr std::int64_t rows_a_call = 2000;
  const std::int64_t bound = before.micros / 1'000'000;
  std::optional<std::int64_t> old;
  CHECK_OK(session.run("SELECT id FROM data_metrics WHERE first < ? LIMIT 1", {bound}, [&](const Row& row) {
    old = row.integer(0);
    return false;
  }));
  if (!old) return false;
  TRY(const std::int64_t removed, session.run("DELETE FROM data_points WHERE metric = ? AND time IN "
                                              "(SELECT time FROM data_points WHERE metric = ? AND time < ? ORDER BY time LIMIT ?)",
                                              {*old, *old, bound, rows_a_call}));
  if (removed >= rows_a_call) return true;
  TRY(const std::int64_t kept, session.run("UPDATE data_metrics SET first = (SELECT min(time) FROM data_points WHERE metric = ?) "
                                           "WHERE id = ? AND EXISTS (SELECT 1 FROM data_points WHERE metric = ?)",
                                           {*old, *old, *old}));
  if (kept == 0) CHECK_OK(session.run("DELETE FROM data_metrics WHERE id = ?", {*old}));
  return true;
}

}  // namespace clary::meta
