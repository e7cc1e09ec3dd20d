#include "serving/replica_rows.hpp"

#include "serving/endpoints.hpp"

namespace clary::serving {

const std::vector<meta::Migration> serving_migrations = {{501, R"sql(
CREATE TABLE endpoint_replicas (
  endpoint BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  variant TEXT NOT NULL,
  ordinal BIGINT NOT NULL,
  attempt BIGINT NOT NULL,
  worker TEXT NOT NULL,
  stream TEXT NOT NULL,
  consumed BIGINT NOT NULL,
  PRIMARY KEY (endpoint, generation, variant, ordinal)
);
CREATE UNIQUE INDEX endpoint_replicas_by_worker ON endpoint_replicas (worker);
)sql"}};

std::string ReplicaRow::worker() const {
  std::string id = fmt::format("{}{}-{}-{}-{}", worker_prefix, endpoint, generation, variant, ordinal);
  return attempt == 0 ? id : fmt::format("{}.{}", id, attempt);
}

Outcome<void> put_row(meta::Session& session, const ReplicaRow& row) {
  std::string worker = row.worker();
  CHECK_OK(session.run(
      "INSERT INTO endpoint_replicas (endpoint, generation, variant, ordinal, attempt, worker, stream, consumed) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (endpoint, generation, variant, ordinal) "
      "DO UPDATE SET attempt = excluded.attempt, worker = excluded.worker, stream = excluded.stream, consumed = "
      "excluded.consumed",
      {row.endpoint, row.generation, std::string_view(row.variant), row.ordinal, row.attempt, std::string_view(worker),
       std::string_view(row.stream), static_cast<std::int64_t>(row.consumed)}));
  return {};
}

Outcome<void> set_consumed(meta::Session& session, const std::string& worker, std::uint64_t consumed) {
  CHECK_OK(session.run("UPDATE endpoint_replicas SET consumed = ? WHERE worker = ?",
                       {static_cast<std::int64_t>(consumed), std::string_view(worker)}));
  return {};
}

Outcome<void> erase_row(meta::Session& session, const ReplicaRow& row) {
  CHECK_OK(
      session.run("DELETE FROM endpoint_replicas WHERE endpoint = ? AND generation = ? AND variant = ? AND ordinal = ?",
                  {row.endpoint, row.generation, std::string_view(row.variant), row.ordinal}));
  return {};
}

Outcome<std::vector<ReplicaRow>> all_rows(meta::Session& session) {
  std::vector<ReplicaRow> rows;
  CHECK_OK(session.run(
      "SELECT endpoint, generation, variant, ordinal, attempt, stream, consumed FROM endpoint_replicas "
      "ORDER BY endpoint, generation, variant, ordinal",
      {}, [&](const meta::Row& row) {
        rows.push_back({row.integer(0), row.integer(1), std::string(row.text(2)), row.integer(3), row.integer(4),
                        std::string(row.text(5)), static_cast<std::uint64_t>(row.integer(6))});
        return true;
      }));
  return rows;
}

}  // namespace clary::serving
