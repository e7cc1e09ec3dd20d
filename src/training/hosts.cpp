#include "training/hosts.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "training/failure.hpp"
#include "training/rabit_tracker.hpp"
#include "training/roll_call.hpp"

namespace clary::training {

namespace json = boost::json;

Outcome<Hosts> read_hosts(const std::string& text) {
  boost::system::error_code code;
  const json::value value = json::parse(text, code);
  const json::object* object = code ? nullptr : value.if_object();
  const json::value* current = object ? object->if_contains("current_host") : nullptr;
  const json::value* names = object ? object->if_contains("hosts") : nullptr;
  if (!current || !current->is_string() || !names || !names->is_array())
    return algorithm_failure("resourceconfig.json does not name this host and the others");
  Hosts hosts{.current = std::string(current->get_string())};
  for (const auto& name : names->get_array()) {
    if (name.is_string()) hosts.names.emplace_back(name.get_string());
  }
  std::sort(hosts.names.begin(), hosts.names.end());
  if (std::count(hosts.names.begin(), hosts.names.end(), hosts.current) != 1)
    return algorithm_failure("resourceconfig.json does not name this host among all");
  return hosts;
}

namespace {

// Starts the tracker on this host, the first; it lives as long as what is returned with its place.
struct Running {
  std::shared_ptr<void> tracker;
  xgboost::TrackerPlace place;
};
Outcome<Running> start_tracker(const std::string& host, const std::shared_ptr<const xgboost::Library>& library,
                               int workers) {
  TRY(const std::string address, address_of(host));
  if (library->call().tracker_create) {
    TRY(auto tracker, xgboost::Tracker::start(library, address, workers));
    auto place = tracker->place();
    return Running{std::move(tracker), std::move(place)};
  }
  TRY(auto tracker, RabitTracker::start(workers));
  const int port = tracker->port();
  return Running{std::move(tracker), {address, port}};
}

// Ranks follow tasks as texts.
std::string task_of(const std::vector<std::string>& names, const std::string& host) {
  const auto place = std::find(names.begin(), names.end(), host) - names.begin();
  return fmt::format("{:06}", place);
}

}  // namespace

Outcome<Gathered> gather(const Hosts& hosts, const std::shared_ptr<const xgboost::Library>& library, bool has_data) {
  Gathered gathered;
  const auto start = [&](int workers) -> Outcome<xgboost::TrackerPlace> {
    TRY(Running running, start_tracker(hosts.current, library, workers));
    gathered.tracker = std::move(running.tracker);
    return std::move(running.place);
  };
  const auto meet = [&]() -> Outcome<RollCall> {
    if (!hosts.leads()) return answer_roll(hosts.names.front(), roll_port, hosts.current, has_data);
    TRY(const Socket door, Socket::listen(roll_port));
    return call_roll(door, hosts.names, has_data, start);
  };
  TRY(const RollCall roll, meet());
  if (roll.present.empty()) return user_error("No hosts received training data.");
  gathered.takes_part = std::count(roll.present.begin(), roll.present.end(), hosts.current) > 0;
  if (!gathered.takes_part || roll.present.size() == 1) return gathered;
  TRY(gathered.collective, xgboost::Collective::join(library, roll.tracker, static_cast<int>(roll.present.size()),
                                                     task_of(roll.present, hosts.current)));
  return gathered;
}

}  // namespace clary::training
