#include "meta/records.hpp"

#include "meta/associations.hpp"
#include "meta/changes.hpp"
#include "meta/record_list.hpp"
#include "meta/series.hpp"

namespace clary::meta {

// The indexes end in `id, name` so that a search by part of a name reads the index alone until it finds one.
const std::vector<Migration> record_migrations = {{1, R"sql(
CREATE TABLE record_ids (next BIGINT NOT NULL);
INSERT INTO record_ids (next) VALUES (1);
CREATE TABLE records (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  name TEXT NOT NULL,
  arn TEXT NOT NULL,
  status TEXT NOT NULL,
  parent TEXT NOT NULL,
  created BIGINT NOT NULL,
  modified BIGINT NOT NULL,
  document TEXT NOT NULL,
  state TEXT NOT NULL
);
CREATE UNIQUE INDEX records_name ON records (kind, account, region, name);
CREATE INDEX records_created ON records (kind, account, region, created, id, name);
CREATE INDEX records_modified ON records (kind, account, region, modified, id, name);
CREATE INDEX records_status ON records (kind, status, account, region, created, id, name);
CREATE INDEX records_parent ON records (kind, account, region, parent, created, id, name);
CREATE INDEX records_arn ON records (arn);
CREATE TABLE tags (
  arn TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  place BIGINT NOT NULL,
  PRIMARY KEY (arn, key)
);
)sql"},
                                                  {2, R"sql(
CREATE TABLE links (
  kind TEXT NOT NULL,
  source BIGINT NOT NULL,
  target BIGINT NOT NULL,
  PRIMARY KEY (kind, source, target)
);
CREATE INDEX links_target ON links (kind, target, source);
)sql"},
                                                  {3, R"sql(
CREATE TABLE changes (
  record INTEGER PRIMARY KEY,
  place BIGINT NOT NULL
);
CREATE UNIQUE INDEX changes_place ON changes (place);
INSERT INTO changes (record, place) SELECT id, id FROM records;
)sql"},
                                                  {4, R"sql(
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  owner BIGINT NOT NULL,
  name TEXT NOT NULL,
  count BIGINT NOT NULL,
  least DOUBLE PRECISION NOT NULL,
  greatest DOUBLE PRECISION NOT NULL,
  mean DOUBLE PRECISION NOT NULL,
  squares DOUBLE PRECISION NOT NULL,
  last DOUBLE PRECISION NOT NULL,
  last_time BIGINT NOT NULL,
  tail BLOB NOT NULL
);
CREATE UNIQUE INDEX series_name ON series (owner, name);
CREATE TABLE series_blocks (
  series BIGINT NOT NULL,
  place BIGINT NOT NULL,
  first_step BIGINT,
  last_step BIGINT,
  first_time BIGINT NOT NULL,
  last_time BIGINT NOT NULL,
  points BLOB NOT NULL,
  PRIMARY KEY (series, place)
);
CREATE TABLE applied_calls (
  place INTEGER PRIMARY KEY,
  call TEXT NOT NULL
);
)sql"},
                                                  {210, R"sql(
CREATE TABLE associations (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  source BIGINT NOT NULL,
  source_kind TEXT NOT NULL,
  source_arn TEXT NOT NULL,
  source_type TEXT NOT NULL,
  destination BIGINT NOT NULL,
  destination_kind TEXT NOT NULL,
  destination_arn TEXT NOT NULL,
  destination_type TEXT NOT NULL,
  type TEXT NOT NULL,
  created BIGINT NOT NULL,
  document TEXT NOT NULL
);
CREATE UNIQUE INDEX associations_ends ON associations (source, destination);
CREATE INDEX associations_destination ON associations (destination, created, id);
CREATE INDEX associations_created ON associations (account, region, created, id);
)sql"},
                                                  {5, "ALTER TABLE series ADD COLUMN calls BLOB NOT NULL DEFAULT ''"},
                                                  {6, R"sql(
CREATE TABLE changes_seal (
  place BIGINT NOT NULL
);
INSERT INTO changes_seal (place) SELECT coalesce(max(place), 0) FROM changes;
)sql"}};

const std::string_view record_columns =
    "id, kind, account, region, name, arn, status, parent, created, modified, document, state";

Record read_record(const Row& row) {
  Record record;
  record.id = row.integer(0);
  record.kind = row.text(1);
  record.scope = {std::string(row.text(2)), std::string(row.text(3))};
  record.name = row.text(4);
  record.arn = row.text(5);
  record.status = row.text(6);
  record.parent = row.text(7);
  record.created.micros = row.integer(8);
  record.modified.micros = row.integer(9);
  record.document = row.text(10);
  record.state = row.text(11);
  return record;
}

namespace {

const std::string select_records = fmt::format("SELECT {} FROM records", record_columns);

Outcome<std::optional<Record>> find_one(Session& session, std::string_view sql, const std::vector<Value>& values) {
  std::optional<Record> found;
  CHECK_OK(session.run(sql, values, [&](const Row& row) {
    found = read_record(row);
    return false;
  }));
  return found;
}

// " AND status IN (?, ?)" and its values.
std::string with_statuses(std::string sql, std::vector<Value>& values, const std::vector<std::string>& statuses) {
  if (statuses.empty()) return sql;
  sql += " AND status IN (";
  for (const auto& status : statuses) {
    sql += &status == &statuses.front() ? "?" : ", ?";
    values.emplace_back(std::string_view(status));
  }
  return sql + ")";
}

}  // namespace

Outcome<std::int64_t> insert(Session& session, const Record& record) {
  std::int64_t id = 0;
  CHECK_OK(session.run("UPDATE record_ids SET next = next + 1 RETURNING next - 1", {}, [&](const Row& row) {
    id = row.integer(0);
    return true;
  }));
  auto done = session.run(
      "INSERT INTO records (id, kind, account, region, name, arn, status, parent, created, modified, document, state) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {id, record.kind, record.scope.account, record.scope.region, record.name, record.arn, record.status,
       record.parent, record.created.micros, record.modified.micros, record.document, record.state});
  if (done) {
    CHECK_OK(touch(session, id));
    return id;
  }
  Error error = std::move(done).error();
  if (error.kind == ErrorKind::already_exists)
    error.message = fmt::format("The {} \"{}\" already exists.", record.kind, record.name);
  return error;
}

Outcome<std::optional<Record>> find(Session& session, std::string_view kind, const Scope& scope,
                                    std::string_view name) {
  static const std::string sql = select_records + " WHERE kind = ? AND account = ? AND region = ? AND name = ?";
  return find_one(session, sql, {kind, scope.account, scope.region, name});
}

Outcome<std::optional<std::int64_t>> find_id(Session& session, std::string_view kind, const Scope& scope, std::string_view name) {
  std::optional<std::int64_t> id;
  CHECK_OK(session.run("SELECT id FROM records WHERE kind = ? AND account = ? AND region = ? AND name = ?",
                       {kind, scope.account, scope.region, name}, [&](const Row& row) {
                         id = row.integer(0);
                         return false;
                       }));
  return id;
}

Outcome<std::optional<Record>> find_by_id(Session& session, std::int64_t id) {
  static const std::string sql = select_records + " WHERE id = ?";
  return find_one(session, sql, {id});
}

Outcome<std::optional<Record>> find_by_arn(Session& session, std::string_view arn) {
  static const std::string sql = select_records + " WHERE arn = ? ORDER BY id LIMIT 1";
  return find_one(session, sql, {arn});
}

Outcome<void> update(Session& session, const Record& record) {
  TRY(auto changed,
      session.run("UPDATE records SET status = ?, parent = ?, modified = ?, document = ?, state = ? WHERE id = ?",
                  {record.status, record.parent, record.modified.micros, record.document, record.state, record.id}));
  if (changed == 0) return make_error(ErrorKind::not_found, "The {} \"{}\" does not exist.", record.kind, record.name);
  return touch(session, record.id);
}

Outcome<bool> erase(Session& session, std::int64_t id) {
  CHECK_OK(session.run("DELETE FROM tags WHERE arn = (SELECT arn FROM records WHERE id = ? AND arn <> '')", {id}));
  TRY(auto changed, session.run("DELETE FROM records WHERE id = ?", {id}));
  if (changed == 0) return false;
  CHECK_OK(erase_associations(session, id));
  CHECK_OK(erase_series(session, id));
  CHECK_OK(touch(session, id));
  return true;
}

Outcome<std::vector<Record>> all(Session& session, std::string_view kind, const std::vector<std::string>& statuses) {
  std::vector<Value> values{kind};
  auto sql = with_statuses(select_records + " WHERE kind = ?", values, statuses) + " ORDER BY id";
  std::vector<Record> records;
  CHECK_OK(session.run(sql, values, [&](const Row& row) {
    records.push_back(read_record(row));
    return true;
  }));
  return records;
}

Outcome<std::int64_t> count(Session& session, std::string_view kind, const std::vector<std::string>& statuses) {
  std::vector<Value> values{kind};
  auto sql = with_statuses("SELECT count(*) FROM records WHERE kind = ?", values, statuses);
  std::int64_t counted = 0;
  CHECK_OK(session.run(sql, values, [&](const Row& row) {
    counted = row.integer(0);
    return true;
  }));
  return counted;
}

}  // namespace clary::meta
