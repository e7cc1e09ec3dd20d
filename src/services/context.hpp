// What a handler may know and use: who calls, from which account and region, and the parts of the system. One a call, made by the
// dispatcher. Thread rule: one thread. Invariant: the caller's signature was verified before a Context exists.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "auth/identity.hpp"
#include "base/arn.hpp"
#include "base/time.hpp"
#include "http/message.hpp"
#include "jobs/processing_jobs.hpp"
#include "jobs/training_jobs.hpp"
#include "jobs/transform_jobs.hpp"
#include "meta/log_store.hpp"
#include "meta/store.hpp"
#include "objects/objects.hpp"
#include "search/index.hpp"
#include "serving/endpoints.hpp"
#include "services/first_look.hpp"

namespace clary::services {

// The parts that handlers work with; owned by the composition root.
struct Parts {
  meta::Store& store;
  meta::LogStore& logs;
  objects::Objects& objects;
  jobs::TrainingJobs& jobs;
  jobs::ProcessingJobs& processing;
  jobs::TransformJobs& transforms;
  serving::Endpoints& endpoints;
  const auth::Keys& keys;
  const Clock& clock;
  FirstLook& first_look;
  search::Index& index;
};

struct Context : Parts {
  auth::Identity identity;
  Scope scope;
  const http::Request& request;

  // Answer later: parks the call, without a thread, until `subscribe`'s callback is run, somebody calls first_look.end(arn), the first-look
  // time is over or the client goes; then the handler is called again.
  // Usage: if (call.should_wait(arn, id)) return call.wait(arn, [&](auto wake) { return ...when_finished(id, wake); });
  bool should_wait(const std::string& arn, std::int64_t id) { return first_look.is_first(identity.access_key, arn, id); }
  Error wait(const std::string& arn, const std::function<std::shared_ptr<void>(std::function<void()> wake)>& subscribe);
  std::shared_ptr<http::Waiter> waiter;  // set by wait()
};

}  // namespace clary::services
