#include "serving/endpoint_record.hpp"

namespace clary::serving {

Outcome<EndpointRecord> read_record(meta::Record record) {
  TRY(EndpointState state, state_from_json(record.state));
  return EndpointRecord{std::move(record), std::move(state)};
}

Outcome<std::optional<EndpointRecord>> load(meta::Session& session, std::int64_t id) {
  TRY(auto record, meta::find_by_id(session, id));
  if (!record) return std::optional<EndpointRecord>();
  TRY(EndpointRecord endpoint, read_record(*std::move(record)));
  return std::optional(std::move(endpoint));
}

Outcome<void> save(meta::Session& session, EndpointRecord& endpoint, Time now) {
  auto& state = endpoint.state;
  ++state.revision;
  if (const auto& current = state.serving ? state.serving : state.target) endpoint.record.parent = current->config_name;
  endpoint.record.state = to_json(state);
  endpoint.record.modified = now;
  return meta::update(session, endpoint.record);
}

bool is_changing(const std::string& status) {
  return status == "Creating" || status == "Updating" || status == "RollingBack" || status == "Deleting";
}

}  // namespace clary::serving
