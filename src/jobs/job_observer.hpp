// Who is told of jobs, of whatever kind, and of what their logs and files measure: inside the very transaction that stores it, so that what an
// observer makes of it (a trial component, its metrics) is there when the job is, and never twice. Given by the composition root. Thread rule:
// called on the store's writer, one at a time; must be short. Invariant: what was told and not stored is told again.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/outcome.hpp"
#include "jobs/job.hpp"
#include "meta/store.hpp"

namespace clary::jobs {

struct MeasuredPoint {
  std::string name;
  double value = 0;  // finite
  Time time;
  std::optional<std::int64_t> step;  // where the job said one
  bool from_log = true;              // by a metric definition; else from a metrics file
};

struct JobObserver {
  // `kind` is JobKind::record. `before` is null for a job that is new: an Error refuses it, and its creator is told. An Error for a later change
  // keeps it from being stored until it goes well, so it has to be the store's own.
  std::function<Outcome<void>(meta::Session& session, std::string_view kind, const Job* before, const Job& now)> changed;
  // In the order in which they were found.
  std::function<Outcome<void>(meta::Session& session, std::string_view kind, const Job& job, std::span<const MeasuredPoint> points)> measured;
};

}  // namespace clary::jobs
