// The table of replicas: which worker stands for which place of a deployment, where its log goes, how much of its
// output is stored. Functions over a Session. Thread rule: as the Session's. Invariant: a place's row is written before
// its worker is started and erased after the worker is gone, so a worker without a row is an orphan.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "meta/store.hpp"

namespace clary::serving {

struct ReplicaRow {
  std::int64_t endpoint = 0, generation = 0;
  std::string variant;
  std::int64_t ordinal = 0;  // its place in the variant: 0, 1, ...
  std::int64_t attempt = 0;  // how often its place was filled anew
  std::string stream;        // "AllTraffic/i-<16 hex>": the same for all attempts, as for an instance of AWS's
  std::uint64_t consumed = 0;

  // ep-<endpoint>-<generation>-<variant>-<ordinal>, from the second attempt on with ".<attempt>"
  std::string worker() const;
};

inline constexpr std::string_view worker_prefix = "ep-";

// Writes the row, or replaces that of its place.
Outcome<void> put_row(meta::Session& session, const ReplicaRow& row);
Outcome<void> set_consumed(meta::Session& session, const std::string& worker, std::uint64_t consumed);
Outcome<void> erase_row(meta::Session& session, const ReplicaRow& row);
Outcome<std::vector<ReplicaRow>> all_rows(meta::Session& session);

}  // namespace clary::serving
