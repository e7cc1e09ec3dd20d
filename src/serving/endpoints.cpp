#include "serving/endpoints.hpp"

#include <algorithm>

#include "serving/endpoints_state.hpp"
#include "serving/log.hpp"
#include "serving/room.hpp"

namespace clary::serving {

namespace {

constexpr std::int64_t most_replicas = 64;  // of a variant

Outcome<void> check(const ServingParts& parts, const std::vector<VariantSpec>& variants) {
  if (variants.empty()) return validation("An endpoint needs at least one production variant.");
  for (const auto& variant : variants) {
    auto version = parts.catalogue.match(variant.container.image);
    if (!version) return std::move(version).error();
    CHECK_OK(limits_of(variant.instance_type, workers::host_share()));
    if (variant.initial_count < 1 || variant.initial_count > most_replicas)
      return validation("Variant \"{}\": InitialInstanceCount must be between 1 and {}.", variant.name, most_replicas);
    auto same = [&](const VariantSpec& other) { return other.name == variant.name; };
    if (std::count_if(variants.begin(), variants.end(), same) > 1)
      return validation("Production variant names must be unique; \"{}\" is not.", variant.name);
  }
  return {};
}

Error in_progress(const std::string& arn) {
  return validation("Cannot update in-progress endpoint \"{}\".", arn);
}

}  // namespace

Endpoints::Endpoints(ServingParts parts) : state_(std::make_unique<State>(std::move(parts))) {}

Endpoints::~Endpoints() {
  state_->loop.stop();
}

void Endpoints::State::adopt(std::int64_t id) {
  loop.post([this, id] {
    auto found = parts.store->read([&](meta::Session& session) { return load(session, id); });
    if (!found) return log_.error("endpoint {} not read: {}", id, found.error().detail);
    if (!*found) return;
    auto known = live.find(id);
    if (known != live.end()) return known->second->look_again(**std::move(found));
    bring_up(**std::move(found), {});
  });
}

void Endpoints::State::bring_up(EndpointRecord endpoint, std::vector<ReplicaRow> rows) {
  if (loop.stopping()) return;
  auto id = endpoint.record.id;
  // Looked up again by the next turn of the loop: the coroutine that reports it is inside the endpoint's own code.
  auto gone = [this](std::int64_t which) { loop.post([this, which] { live.erase(which); }); };
  LiveEndpoint::Home home{loop, parts, publisher, [this](std::int64_t which) { settled(which); }, gone};
  auto made = std::make_shared<LiveEndpoint>(std::move(home), std::move(endpoint), std::move(rows));
  live[id] = made;
  loop.spawn(made->run());
}

bool Endpoints::State::changing(std::int64_t id) const {
  auto record = parts.store->read([&](meta::Session& session) { return meta::find_by_id(session, id); });
  return record && *record && is_changing((*record)->status);
}

void Endpoints::State::settled(std::int64_t id) {
  std::vector<std::weak_ptr<Watch>> told;
  {
    std::lock_guard lock(watches_mutex);
    if (auto found = watches.find(id); found != watches.end()) {
      told = std::move(found->second);
      watches.erase(found);
    }
  }
  // A call may have changed it again meanwhile, and be watched already: that change has an end of its own.
  if (!told.empty() && changing(id)) {
    std::lock_guard lock(watches_mutex);
    auto& waiting = watches[id];
    waiting.insert(waiting.end(), told.begin(), told.end());
    return;
  }
  for (const auto& watch : told)
    if (auto waiting = watch.lock()) waiting->fire();
}

Outcome<Endpoint> Endpoints::create(const Scope& scope, const std::string& name, const std::string& config_name,
                                    const std::vector<VariantSpec>& variants, std::string document,
                                    const std::vector<meta::Tag>& tags, const Also& also) {
  CHECK_OK(check(state_->parts, variants));
  EndpointState state;
  state.last_generation = 1;
  state.target = Deployment{1, config_name, variants};
  meta::Record record;
  record.kind = endpoint_kind;
  record.scope = scope;
  record.name = name;
  record.arn = sagemaker_arn(scope, endpoint_kind, name);
  record.status = "Creating";
  record.parent = config_name;
  record.created = record.modified = state_->parts.clock.now();
  record.document = std::move(document);
  record.state = to_json(state);
  auto stored = state_->parts.store->write([&](meta::Session& session) -> Outcome<void> {
    TRY(record.id, meta::insert(session, record));
    if (!tags.empty()) CHECK_OK(meta::put_tags(session, record.arn, tags));
    return also ? also(session, record) : Outcome<void>();
  });
  if (!stored && stored.error().kind == ErrorKind::already_exists)
    return make_error(ErrorKind::already_exists, "Cannot create already existing endpoint \"{}\".", record.arn);
  if (!stored) return std::move(stored).error();
  state_->adopt(record.id);
  return from_record(record);
}

Outcome<void> Endpoints::update(std::int64_t id, const std::string& config_name,
                                const std::vector<VariantSpec>& variants, const Also& also) {
  CHECK_OK(check(state_->parts, variants));
  CHECK_OK(state_->parts.store->write([&](meta::Session& session) -> Outcome<void> {
    TRY(auto endpoint, load(session, id));
    if (!endpoint) return make_error(ErrorKind::not_found, "Could not find the endpoint.");
    auto& record = endpoint->record;
    if (is_changing(record.status)) return in_progress(record.arn);
    if (record.status != "InService")
      return validation("Cannot update endpoint \"{}\" in status {}.", record.arn, record.status);
    record.status = "Updating";
    endpoint->state.failure_reason.clear();
    endpoint->state.target = Deployment{++endpoint->state.last_generation, config_name, variants};
    CHECK_OK(save(session, *endpoint, state_->parts.clock.now()));
    return also ? also(session, record) : Outcome<void>();
  }));
  state_->adopt(id);
  return {};
}

Outcome<void> Endpoints::remove(std::int64_t id) {
  CHECK_OK(state_->parts.store->write([&](meta::Session& session) -> Outcome<void> {
    TRY(auto endpoint, load(session, id));
    if (!endpoint) return make_error(ErrorKind::not_found, "Could not find the endpoint.");
    if (endpoint->record.status == "Deleting") return in_progress(endpoint->record.arn);
    endpoint->record.status = "Deleting";
    return save(session, *endpoint, state_->parts.clock.now());
  }));
  state_->adopt(id);
  return {};
}

Outcome<std::optional<Endpoint>> Endpoints::find(const Scope& scope, const std::string& name) const {
  TRY(auto record, state_->parts.store->read(
                       [&](meta::Session& session) { return meta::find(session, endpoint_kind, scope, name); }));
  if (!record) return std::optional<Endpoint>();
  return std::optional(from_record(*record));
}

Outcome<meta::Page> Endpoints::list(const meta::ListQuery& query) const {
  return state_->parts.store->read([&](meta::Session& session) { return meta::list(session, query); });
}

Endpoint Endpoints::from_record(const meta::Record& record) {
  Endpoint endpoint;
  endpoint.id = record.id;
  endpoint.scope = record.scope;
  endpoint.name = record.name;
  endpoint.arn = record.arn;
  endpoint.config_name = record.parent;
  endpoint.status = record.status;
  endpoint.created = record.created;
  endpoint.modified = record.modified;
  endpoint.document = record.document;
  auto state = state_from_json(record.state);
  if (!state) {
    log_.error("endpoint {}: {}", record.arn, state.error().detail);
    return endpoint;
  }
  endpoint.failure_reason = state->failure_reason;
  if (!state->serving) return endpoint;
  for (const auto& variant : state->serving->variants) {
    VariantStatus status;
    status.name = variant.name;
    status.image = variant.container.image;
    status.current_count = status.desired_count = variant.initial_count;
    status.current_weight = status.desired_weight = variant.weight;
    endpoint.variants.push_back(std::move(status));
  }
  return endpoint;
}

std::shared_ptr<void> Endpoints::when_settled(std::int64_t id, std::function<void()> callback) {
  auto watch = std::make_shared<Watch>(std::move(callback));
  {
    std::lock_guard lock(state_->watches_mutex);
    auto& waiting = state_->watches[id];
    std::erase_if(waiting, [](const auto& old) { return old.expired(); });
    waiting.push_back(watch);
  }
  if (!state_->changing(id)) watch->fire();
  return std::shared_ptr<void>(watch.get(), [watch](void*) { watch->forget(); });
}

}  // namespace clary::serving
