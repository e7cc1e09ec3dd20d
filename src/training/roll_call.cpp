#include "training/roll_call.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <map>

namespace clary::training {

namespace json = boost::json;

namespace {

constexpr std::chrono::minutes longest_wait{15};
constexpr std::size_t longest_word = 300, longest_answer = 1 << 20;

Socket::Deadline deadline() {
  return std::chrono::steady_clock::now() + longest_wait;
}

}  // namespace

std::string roll_text(const RollCall& roll) {
  const json::object object{{"hosts", json::array(roll.present.begin(), roll.present.end())},
                            {"tracker_host", roll.tracker.host},
                            {"tracker_port", roll.tracker.port}};
  return json::serialize(object);
}

Outcome<RollCall> parse_roll(std::string_view text) {
  boost::system::error_code code;
  const json::value value = json::parse(text, code);
  const json::object* object = code ? nullptr : value.if_object();
  const json::value* hosts = object ? object->if_contains("hosts") : nullptr;
  const json::value* host = object ? object->if_contains("tracker_host") : nullptr;
  const json::value* port = object ? object->if_contains("tracker_port") : nullptr;
  if (!hosts || !hosts->is_array() || !host || !host->is_string() || !port || !port->is_int64())
    return internal("the first host's answer is not a roll");
  RollCall roll{.tracker = {std::string(host->get_string()), static_cast<int>(port->get_int64())}};
  for (const auto& name : hosts->get_array()) {
    if (name.is_string()) roll.present.emplace_back(name.get_string());
  }
  return roll;
}

Outcome<RollCall> call_roll(const Socket& door, const std::vector<std::string>& names, bool has_data,
                            const std::function<Outcome<xgboost::TrackerPlace>(int workers)>& start) {
  Arrivals arrivals(door);
  std::map<std::string, Socket> guests;
  RollCall roll;
  if (has_data) roll.present.push_back(names.front());
  const auto end = deadline();
  while (guests.size() + 1 < names.size()) {
    TRY(Arrivals::Guest guest, arrivals.next(end));
    const auto line = guest.socket.receive_line(longest_word, guest.greeted_by);
    if (!line || line->size() < 3) continue;
    const std::string name = line->substr(0, line->size() - 2);
    if (name == names.front() || std::count(names.begin(), names.end(), name) == 0) continue;
    if (guests.insert_or_assign(name, std::move(guest.socket)).second && line->ends_with(" 1"))
      roll.present.push_back(name);
  }
  std::sort(roll.present.begin(), roll.present.end());
  if (roll.present.size() > 1) {
    TRY(roll.tracker, start(static_cast<int>(roll.present.size())));
  }
  for (const auto& [name, socket] : guests) CHECK_OK(socket.send(roll_text(roll) + "\n"));
  return roll;
}

Outcome<RollCall> answer_roll(const std::string& first, int port, const std::string& name, bool has_data) {
  TRY(const Socket socket, Socket::connect(first, port, deadline()));
  CHECK_OK(socket.send(name + (has_data ? " 1\n" : " 0\n")));
  TRY(const std::string line, socket.receive_line(longest_answer));
  return parse_roll(line);
}

}  // namespace clary::training
