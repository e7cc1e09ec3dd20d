// Reads the members of a JSON object that this server wrote, or an older or newer one: those that are missing or of
// another type leave what stands there. Thread rule: a view; valid as long as the JSON value.
#pragma once

#include <boost/json.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace clary::jobs {

namespace json = boost::json;

class Members {
 public:
  explicit Members(const json::value* value) : object_(value != nullptr ? value->if_object() : nullptr) {}

  const json::value* find(std::string_view name) const {
    return object_ != nullptr ? object_->if_contains(name) : nullptr;
  }
  Members object(std::string_view name) const { return Members(find(name)); }
  void read(std::string_view name, std::string& to) const {
    if (const auto* value = find(name); value != nullptr && value->is_string()) to = value->get_string();
  }
  // Whether it was read, here and below.
  template <typename Number>
    requires std::is_arithmetic_v<Number>
  bool read(std::string_view name, Number& to) const {
    const auto* value = find(name);
    if (value == nullptr) return false;
    if constexpr (std::is_same_v<Number, bool>) {
      if (!value->is_bool()) return false;
      to = value->get_bool();
      return true;
    } else {
      if (!value->is_number()) return false;
      boost::system::error_code code;
      auto number = value->to_number<Number>(code);
      if (!code) to = number;
      return !code;
    }
  }
  bool read(std::string_view name, Time& to) const { return read(name, to.micros); }
  template <typename Number>
  void read(std::string_view name, std::optional<Number>& to) const {
    Number number{};
    if (read(name, number)) to = number;
  }
  void read(std::string_view name, std::vector<std::string>& to) const {
    each(name, [&](const json::value& value) {
      if (value.is_string()) to.emplace_back(value.get_string());
    });
  }
  void read(std::string_view name, std::map<std::string, std::uint64_t>& to) const {
    const Members members = object(name);
    if (members.object_ == nullptr) return;
    for (const auto& [key, member] : *members.object_) {
      std::uint64_t number = 0;
      if (members.read(key, number)) to[std::string(key)] = number;
    }
  }
  void read(std::string_view name, std::map<std::string, std::string>& to) const {
    const auto* value = find(name);
    if (value == nullptr || !value->is_object()) return;
    for (const auto& [key, member] : value->get_object()) {
      if (member.is_string()) to.emplace(key, std::string_view(member.get_string()));
    }
  }
  template <typename F>
  void each(std::string_view name, F&& with) const {
    const auto* value = find(name);
    if (value == nullptr || !value->is_array()) return;
    for (const auto& element : value->get_array()) with(element);
  }

 private:
  const json::object* object_;
};

template <typename Map>
json::object json_from(const Map& map) {
  json::object object;
  for (const auto& [name, value] : map) object[name] = value;
  return object;
}

inline json::array json_from(const std::vector<std::string>& strings) {
  return json::array(strings.begin(), strings.end());
}

}  // namespace clary::jobs
