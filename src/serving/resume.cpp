// Endpoints::resume(): what an earlier server left is taken up again, and what belongs to nothing any more is cleared
// away.
#include <filesystem>
#include <set>

#include "serving/endpoints_state.hpp"
#include "serving/log.hpp"

namespace clary::serving {

namespace {

struct Left {
  std::vector<meta::Record> records;
  std::vector<ReplicaRow> rows;
};

using GenerationKey = std::pair<std::int64_t, std::int64_t>;  // endpoint, generation

std::set<GenerationKey> generations_of(const std::vector<EndpointRecord>& endpoints) {
  std::set<GenerationKey> kept;
  for (const auto& endpoint : endpoints) {
    if (endpoint.record.status == "Failed") continue;
    const auto& state = endpoint.state;
    if (state.serving) kept.emplace(endpoint.record.id, state.serving->generation);
    if (state.target && endpoint.record.status != "Deleting")
      kept.emplace(endpoint.record.id, state.target->generation);
  }
  return kept;
}

// What belongs to no deployment. Found before anything is started, so that nothing new is among it.
struct Orphans {
  std::vector<ReplicaRow> rows;
  std::vector<std::string> workers, folders;
};

Orphans find_orphans(const ServingParts& parts, const std::set<GenerationKey>& kept,
                     const std::vector<ReplicaRow>& rows) {
  Orphans orphans;
  std::set<std::string> workers, folders;
  for (const auto& row : rows) {
    if (kept.contains({row.endpoint, row.generation})) {
      workers.insert(row.worker());
    } else {
      orphans.rows.push_back(row);
    }
  }
  for (auto& id : parts.launcher.ids())
    if (id.starts_with(worker_prefix) && !workers.contains(id)) orphans.workers.push_back(std::move(id));
  for (const auto& [endpoint, generation] : kept) folders.insert(generation_folder(parts, endpoint, generation));
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(parts.models_folder, error))
    if (!folders.contains(entry.path().string())) orphans.folders.push_back(entry.path().string());
  return orphans;
}

void clear(const ServingParts& parts, const Orphans& orphans) {
  for (const auto& id : orphans.workers) {
    log_.info("{} belongs to no endpoint: it is removed", id);
    parts.launcher.remove(id);
  }
  for (const auto& row : orphans.rows) {
    auto erased = parts.store->write([&](meta::Session& session) { return erase_row(session, row); });
    if (!erased) log_.warn("row of {} not erased: {}", row.worker(), erased.error().detail);
  }
  for (const auto& folder : orphans.folders)
    if (auto removed = io::remove_tree(folder); !removed)
      log_.warn("{} not removed: {}", folder, removed.error().detail);
}

}  // namespace

Outcome<void> Endpoints::resume() {
  CHECK_OK(io::make_folders(state_->parts.models_folder, 0700));
  TRY(Left left, state_->parts.store->read([&](meta::Session& session) -> Outcome<Left> {
    TRY(auto records, meta::all(session, endpoint_kind));
    TRY(auto rows, all_rows(session));
    return Left{std::move(records), std::move(rows)};
  }));
  std::vector<EndpointRecord> endpoints;
  for (auto& record : left.records) {
    auto endpoint = read_record(record);
    if (endpoint) {
      endpoints.push_back(*std::move(endpoint));
    } else {
      log_.error("endpoint {} cannot be read and is left out: {}", record.arn, endpoint.error().detail);
    }
  }
  auto orphans = find_orphans(state_->parts, generations_of(endpoints), left.rows);
  for (auto& endpoint : endpoints) {
    const auto& record = endpoint.record;
    if (record.status == "Failed") continue;
    if (endpoint.state.serving && record.status != "Deleting") {
      // Known from the first request on, though its replicas are found a moment later.
      auto row = std::make_shared<EndpointTarget>();
      row->scope = record.scope;
      row->name = record.name;
      for (const auto& variant : endpoint.state.serving->variants)
        row->variants.push_back({variant.name, variant.weight, {}, std::make_shared<VariantCounters>()});
      state_->publisher.publish(record.scope, record.name, std::move(row));
    }
    std::vector<ReplicaRow> rows;
    for (const auto& row : left.rows)
      if (row.endpoint == record.id) rows.push_back(row);
    auto boxed = std::make_shared<EndpointRecord>(std::move(endpoint));
    state_->loop.post([state = state_.get(), boxed, rows] { state->bring_up(std::move(*boxed), rows); });
  }
  state_->loop.run_blocking([state = state_.get(), orphans = std::move(orphans)] { clear(state->parts, orphans); });
  return {};
}

}  // namespace clary::serving
