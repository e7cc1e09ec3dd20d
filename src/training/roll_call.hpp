// The roll of a job's hosts: each tells the first one whether it has data, and hears who has, and where their tracker is.
// A host says "<name> <0 or 1>", a line; the first answers a JSON object, a line, once all have spoken.
// Thread rule: one call in a process. Invariant: nobody hears an answer before everybody has spoken.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/outcome.hpp"
#include "training/socket.hpp"
#include "xgboost/collective.hpp"

namespace clary::training {

inline constexpr int roll_port = 9098;  // of the first host's door

struct RollCall {
  std::vector<std::string> present;  // hosts with data, sorted
  xgboost::TrackerPlace tracker;     // where there is more than one
};

// As the first of `names`, who looks after the door. `start` starts the tracker for so many workers.
Outcome<RollCall> call_roll(const Socket& door, const std::vector<std::string>& names, bool has_data,
                            const std::function<Outcome<xgboost::TrackerPlace>(int workers)>& start);
// As another one, to the first at its door's port.
Outcome<RollCall> answer_roll(const std::string& first, int port, const std::string& name, bool has_data);

// The answer, as text and back.
std::string roll_text(const RollCall& roll);
Outcome<RollCall> parse_roll(std::string_view text);

}  // namespace clary::training
