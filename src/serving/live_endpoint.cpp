#include "serving/live_endpoint.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "base/rng.hpp"
#include "serving/log.hpp"

namespace clary::serving {

namespace {

std::string new_stream(const std::string& variant) {
  return fmt::format("{}/i-{}", variant, to_hex(random_bytes(8)));
}

bool all_in(const std::vector<std::shared_ptr<Replica>>& replicas, Replica::Phase phase) {
  return std::all_of(replicas.begin(), replicas.end(), [&](const auto& replica) { return replica->phase() == phase; });
}

}  // namespace

std::string generation_folder(const ServingParts& parts, std::int64_t endpoint, std::int64_t generation) {
  return fmt::format("{}/{}-{}", parts.models_folder, endpoint, generation);
}

LiveEndpoint::LiveEndpoint(Home home, EndpointRecord endpoint, std::vector<ReplicaRow> rows)
    : home_(std::move(home)),
      endpoint_(std::move(endpoint)),
      rows_(std::move(rows)),
      signal_(std::make_shared<Signal>(home_.loop)) {}

std::string LiveEndpoint::folder_of(std::int64_t generation) const {
  return generation_folder(home_.parts, endpoint_.record.id, generation);
}

Task<> LiveEndpoint::run() {
  auto self = shared_from_this();
  if (const auto& serving = endpoint_.state.serving) serving_ = {*serving, make_replicas(*serving, true)};
  publish();
  while (!home_.loop.stopping()) {
    if (deleting()) {
      co_await tear_down();
      co_return;
    }
    if (endpoint_.state.target) {
      co_await roll_out();
    } else if (endpoint_.record.status == "RollingBack") {
      // A server ended between the two steps of going back.
      std::function<bool(EndpointRecord&)> change = [](EndpointRecord& stored) {
        if (stored.record.status != "RollingBack") return false;
        stored.record.status = "InService";
        return true;
      };
      co_await commit(change);
      home_.settled(endpoint_.record.id);
    } else {
      co_await signal_->wait();
    }
  }
}

void LiveEndpoint::look_again(EndpointRecord endpoint) {
  if (endpoint.state.revision > endpoint_.state.revision) endpoint_ = std::move(endpoint);
  publish();
  signal_->set();
}

LiveEndpoint::Replicas LiveEndpoint::make_replicas(const Deployment& deployment, bool keeps_going) {
  Replicas replicas;
  std::size_t index = 0;
  for (const auto& variant : deployment.variants) {
    auto kit = std::make_shared<VariantKit>(home_.loop, home_.parts, variant,
                                            fmt::format("{}/{}", folder_of(deployment.generation), index++));
    for (std::int64_t ordinal = 0; ordinal < variant.initial_count; ++ordinal) {
      ReplicaPlan plan{endpoint_.record.scope, endpoint_.record.name, {}, false, keeps_going, kit};
      auto known = std::find_if(rows_.begin(), rows_.end(), [&](const ReplicaRow& row) {
        return row.generation == deployment.generation && row.variant == variant.name && row.ordinal == ordinal;
      });
      plan.resumed = known != rows_.end();
      plan.row =
          plan.resumed
              ? *known
              : ReplicaRow{
                    endpoint_.record.id, deployment.generation, variant.name, ordinal, 0, new_stream(variant.name), 0};
      std::function<void()> changed = [live = weak_from_this()] {
        if (auto endpoint = live.lock()) endpoint->replica_changed();
      };
      replicas.push_back(std::make_shared<Replica>(home_.loop, home_.parts, std::move(plan), std::move(changed)));
      home_.loop.spawn(replicas.back()->run());
    }
  }
  return replicas;
}

Task<> LiveEndpoint::roll_out() {
  incoming_ = {*endpoint_.state.target, make_replicas(*endpoint_.state.target, false)};
  auto overtaken = [&] {
    const auto& target = endpoint_.state.target;
    return deleting() || !target || target->generation != incoming_.deployment.generation;
  };
  while (!home_.loop.stopping() && !overtaken()) {
    if (all_in(incoming_.replicas, Replica::Phase::ready)) {
      co_await take_over();
      co_return;
    }
    auto failed = std::find_if(incoming_.replicas.begin(), incoming_.replicas.end(),
                               [](const auto& it) { return it->phase() == Replica::Phase::failed; });
    if (failed != incoming_.replicas.end()) {
      std::string reason = (*failed)->failure();
      co_await give_up(std::move(reason));
      co_return;
    }
    co_await signal_->wait();
  }
  if (!home_.loop.stopping()) retire(incoming_);
}

Task<> LiveEndpoint::take_over() {
  std::function<bool(EndpointRecord&)> change = [generation = incoming_.deployment.generation](EndpointRecord& stored) {
    auto& state = stored.state;
    if (stored.record.status == "Deleting" || !state.target || state.target->generation != generation) return false;
    state.serving = std::move(state.target);
    state.target.reset();
    state.failure_reason.clear();
    stored.record.status = "InService";
    return true;
  };
  // Before the record says so: who reads InService may invoke at once.
  std::swap(serving_, incoming_);
  publish();
  bool done = co_await commit(change);
  if (home_.loop.stopping()) co_return;
  if (done) {
    for (const auto& replica : serving_.replicas) replica->keep_going();
    log_.info("endpoint {} is in service with {}", endpoint_.record.arn, serving_.deployment.config_name);
  } else {
    std::swap(serving_, incoming_);
    publish();
  }
  retire(incoming_);
  if (done) home_.settled(endpoint_.record.id);
}

Task<> LiveEndpoint::give_up(std::string reason) {
  const auto generation = incoming_.deployment.generation;
  log_.warn("endpoint {}: {} failed: {}", endpoint_.record.arn, incoming_.deployment.config_name, reason);
  auto applies = [generation](const EndpointRecord& stored) {
    return stored.record.status != "Deleting" && stored.state.target && stored.state.target->generation == generation;
  };
  if (endpoint_.state.serving) {
    std::function<bool(EndpointRecord&)> begin = [applies](EndpointRecord& stored) {
      if (!applies(stored)) return false;
      stored.record.status = "RollingBack";
      return true;
    };
    co_await commit(begin);
  }
  retire(incoming_);
  co_await ended(generation);
  std::function<bool(EndpointRecord&)> end = [applies, reason](EndpointRecord& stored) {
    if (!applies(stored)) return false;
    stored.record.status = stored.state.serving ? "InService" : "Failed";
    stored.state.target.reset();
    stored.state.failure_reason = reason;
    return true;
  };
  bool done = co_await commit(end);
  if (done) home_.settled(endpoint_.record.id);
}

Task<> LiveEndpoint::tear_down() {
  retire(serving_);
  while (!retiring_.empty() && !home_.loop.stopping()) co_await signal_->wait();
  if (home_.loop.stopping()) co_return;
  auto id = endpoint_.record.id;
  std::function<Outcome<void>()> erase = [this, id]() -> Outcome<void> {
    return home_.parts.store->write([&](meta::Session& session) -> Outcome<void> {
      CHECK_OK(meta::erase(session, id));
      return {};
    });
  };
  while (!home_.loop.stopping()) {
    auto erased = co_await home_.loop.blocking(signal_, erase);
    if (erased) break;
    log_.error("endpoint {} not erased: {}", endpoint_.record.arn, erased.error().detail);
    co_await signal_->wait_for(std::chrono::seconds(1));
  }
  log_.info("endpoint {} is deleted", endpoint_.record.arn);
  home_.settled(id);
  home_.gone(id);
}

Task<> LiveEndpoint::ended(std::int64_t generation) {
  auto retires = [generation](const Group& group) { return group.deployment.generation == generation; };
  while (std::any_of(retiring_.begin(), retiring_.end(), retires) && !home_.loop.stopping()) co_await signal_->wait();
}

Task<bool> LiveEndpoint::commit(std::function<bool(EndpointRecord&)> change) {
  struct Done {
    bool applied = false;
    std::optional<EndpointRecord> now;
  };
  std::function<Outcome<Done>()> write = [this, change] {
    return home_.parts.store->write([&](meta::Session& session) -> Outcome<Done> {
      TRY(auto stored, load(session, endpoint_.record.id));
      if (!stored) return Done{};
      bool applied = change(*stored);
      if (applied) CHECK_OK(save(session, *stored, home_.parts.clock.now()));
      return Done{applied, std::move(stored)};
    });
  };
  while (!home_.loop.stopping()) {
    auto done = co_await home_.loop.blocking(signal_, write);
    if (done) {
      if (done->now && done->now->state.revision > endpoint_.state.revision) endpoint_ = *std::move(done->now);
      co_return done->applied;
    }
    log_.error("endpoint {} not stored: {}", endpoint_.record.arn, done.error().detail);
    co_await signal_->wait_for(std::chrono::seconds(1));
  }
  co_return false;
}

void LiveEndpoint::retire(Group& group) {
  for (const auto& replica : group.replicas) replica->retire();
  if (!group.replicas.empty()) retiring_.push_back(std::move(group));
  group = {};
  clear_retired();
}

void LiveEndpoint::replica_changed() {
  publish();
  clear_retired();
  signal_->set();
}

void LiveEndpoint::clear_retired() {
  std::erase_if(retiring_, [&](const Group& group) {
    if (!all_in(group.replicas, Replica::Phase::ended) || home_.loop.stopping()) return false;
    home_.loop.run_blocking([folder = folder_of(group.deployment.generation)] {
      if (auto removed = io::remove_tree(folder); !removed)
        log_.warn("{} not removed: {}", folder, removed.error().detail);
    });
    return true;
  });
}

void LiveEndpoint::publish() {
  const auto& record = endpoint_.record;
  if (serving_.replicas.empty() || deleting()) return home_.publisher.publish(record.scope, record.name, nullptr);
  auto row = std::make_shared<EndpointTarget>();
  row->scope = record.scope;
  row->name = record.name;
  for (const auto& variant : serving_.deployment.variants) {
    auto& counters = counters_[variant.name];
    if (!counters) counters = std::make_shared<VariantCounters>();
    VariantTarget target{variant.name, variant.weight, {}, counters};
    for (const auto& replica : serving_.replicas)
      if (replica->variant() == variant.name && replica->target()) target.replicas.push_back(replica->target());
    row->variants.push_back(std::move(target));
  }
  home_.publisher.publish(record.scope, record.name, std::move(row));
}

}  // namespace clary::serving
