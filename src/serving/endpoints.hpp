// All endpoints: the control plane that makes replicas and moves traffic (blue/green), and the data path that invokes
// them. Owned by the composition root. Thread rule: control calls from any thread, return at once; invoke() is called
// on an HTTP loop thread, never blocks, takes no lock and reads no store: it works on an immutable snapshot of the
// table that the control plane replaces. Invariant: traffic goes only to replicas that have answered /ping; a failed
// change leaves the old replicas serving and says why.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "http/message.hpp"
#include "meta/data_points.hpp"
#include "meta/log_store.hpp"
#include "meta/records.hpp"
#include "objects/objects.hpp"
#include "runtimes/catalogue.hpp"
#include "runtimes/environments.hpp"
#include "serving/endpoint.hpp"
#include "workers/launcher.hpp"
#include "workers/slots.hpp"
#include "workers/surroundings.hpp"

namespace clary::serving {

inline constexpr std::string_view endpoint_kind = "endpoint";

struct ServingParts {
  std::shared_ptr<meta::Store> store;
  meta::LogStore& logs;
  objects::Objects& objects;
  workers::Launcher& launcher;
  workers::Slots& slots;
  const runtimes::Catalogue& catalogue;
  runtimes::Environments& environments;
  workers::SurroundingsOf surroundings;
  const Clock& clock;
  std::string runtime_folder;  // the folder on this host that holds the package clary_runtime (python/)
  std::string model_server;    // the program clary-model-server on this host
  std::chrono::milliseconds invocation_timeout{60000};
  // <data>/endpoints: the unpacked models, one a variant and generation; made when it is not there.
  std::string models_folder;
  std::size_t answer_limit = 64 * 1024 * 1024;  // bytes of a model's answer
  std::int64_t most_in_flight = 1024;           // invocations of one replica
  std::chrono::milliseconds stop_grace{30000};  // between a replica's SIGTERM, once it has drained, and its SIGKILL
};

// The table of replicas and of how far their output was stored; goes into the composition root's list.
extern const std::vector<meta::Migration> serving_migrations;

struct Invocation {
  Scope scope;
  std::string endpoint;
  std::string content_type, accept, custom_attributes, target_variant, inference_id;
  std::string body;
  std::chrono::steady_clock::time_point arrived;  // the request's head; the epoch where nobody knows
};
// The model's answer, or an Error: not_found (ValidationError "Endpoint ... not found"), ModelError with fields
// OriginalStatusCode, OriginalMessage, LogStreamArn, ModelNotReadyException, ...
struct InvocationAnswer {
  std::string content_type, custom_attributes, variant, body;
};

// What the invocations of a variant came to since it was asked before.
struct VariantCounts {
  Scope scope;
  std::string endpoint, variant;
  std::size_t instances = 1;  // that serve
  std::uint64_t invocations = 0, errors_4xx = 0, errors_5xx = 0, model_errors = 0;
  meta::Datum model_latency, overhead;  // without a time; the overhead is empty (count 0) where it is not known
};

class Endpoints {
 public:
  explicit Endpoints(ServingParts parts);
  ~Endpoints();  // lets go of the replicas; they live on
  // Brings every endpoint back: attaches to replicas that live, starts those that don't. Called once, before the
  // listener opens; returns without waiting for replicas.
  Outcome<void> resume();

  // Goes into the transaction that stores the endpoint; its Error refuses the whole.
  using Also = std::function<Outcome<void>(meta::Session& session, const meta::Record& endpoint)>;
  Outcome<Endpoint> create(const Scope& scope, const std::string& name, const std::string& config_name,
                           const std::vector<VariantSpec>& variants, std::string document,
                           const std::vector<meta::Tag>& tags, const Also& also = {});
  // Blue/green: new replicas are made and pinged before traffic moves, the old ones drain; a failure rolls back.
  Outcome<void> update(std::int64_t id, const std::string& config_name, const std::vector<VariantSpec>& variants,
                       const Also& also = {});
  Outcome<void> remove(std::int64_t id);
  Outcome<std::optional<Endpoint>> find(const Scope& scope, const std::string& name) const;
  Outcome<meta::Page> list(const meta::ListQuery& query) const;
  static Endpoint from_record(const meta::Record& record);
  // Calls back once when the endpoint leaves Creating/Updating/RollingBack/Deleting (at once when it has).
  std::shared_ptr<void> when_settled(std::int64_t id, std::function<void()> callback);

  // Of all variants that were invoked, each invocation once; also of endpoints that are gone meanwhile. One caller.
  std::vector<VariantCounts> take_counts();

  // `done` runs exactly once, on the calling loop.
  void invoke(Invocation invocation, std::function<void(Outcome<InvocationAnswer>)> done);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace clary::serving
