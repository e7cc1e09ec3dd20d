// An endpoint's record together with what its state says. Functions over a Session. Thread rule: as the Session's.
// Invariant: what is saved keeps status, parent (the config's name) and state in step.
#pragma once

#include <optional>

#include "meta/records.hpp"
#include "serving/deployment.hpp"

namespace clary::serving {

struct EndpointRecord {
  meta::Record record;
  EndpointState state;
};

Outcome<EndpointRecord> read_record(meta::Record record);
Outcome<std::optional<EndpointRecord>> load(meta::Session& session, std::int64_t id);
Outcome<void> save(meta::Session& session, EndpointRecord& endpoint, Time now);

// Creating, Updating, RollingBack, Deleting.
bool is_changing(const std::string& status);

}  // namespace clary::serving
