#include <fmt/core.h>

#include <boost/json.hpp>
#include <chrono>
#include <thread>

#include "base/bytes.hpp"
#include "cli/commands.hpp"
#include "cli/connection.hpp"

namespace clary::cli {

namespace json = boost::json;

namespace {

std::string text(const json::value& object, const char* name) { return json::value_to<std::string>(object.at(name)); }

int refused(const http::Reply& reply) {
  json::error_code code;
  json::value value = json::parse(reply.body, code);
  return fail(make_error(ErrorKind::validation, "{}", code || !value.is_object() ? reply.body : text(value, "message")));
}

}  // namespace

int list_runtimes(const std::string& data_dir, bool as_json) {
  auto connection = connect(data_dir);
  if (!connection) return fail(connection.error());
  auto reply = ask(*connection, "GET", "/-/runtimes");
  if (!reply) return fail(reply.error());
  if (reply->status != 200) return refused(*reply);
  if (as_json) {
    fmt::print("{}", reply->body);
    return 0;
  }
  fmt::print("{:<18} {:<22} {:<7} {:<11} {}\n", "RUNTIME", "LIBRARY", "PYTHON", "FIDELITY", "STATE");
  json::value all = json::parse(reply->body);
  for (const json::value& version : all.as_array()) {
    std::string state = text(version, "stage");
    if (!text(version, "message").empty()) state += ": " + text(version, "message");
    fmt::print("{:<18} {:<22} {:<7} {:<11} {}\n", text(version, "id"), text(version, "library"), text(version, "python"), text(version, "fidelity"), state);
    if (!text(version, "reason").empty()) fmt::print("{:<18} {}\n", "", text(version, "reason"));
  }
  return 0;
}

int prune_runtimes(const std::string& data_dir, bool all) {
  auto connection = connect(data_dir);
  if (!connection) return fail(connection.error());
  auto reply = ask(*connection, "POST", "/-/runtimes/prune", json::serialize(json::object{{"all", all}}));
  if (!reply) return fail(reply.error());
  if (reply->status != 200) return refused(*reply);
  json::value pruned = json::parse(reply->body);
  for (const json::value& id : pruned.at("removed").as_array()) fmt::print("removed {}\n", json::value_to<std::string>(id));
  fmt::print("{:.1f} MB are free again\n", pruned.at("bytes").to_number<double>() / 1e6);
  return 0;
}

int add_runtime(const std::string& data_dir, const std::string& id) {
  auto connection = connect(data_dir);
  if (!connection) return fail(connection.error());
  std::string path = "/-/runtimes/" + uri_encode(id), told;
  auto reply = ask(*connection, "POST", path);
  while (true) {
    if (!reply) return fail(reply.error());
    if (reply->status >= 300) return refused(*reply);
    json::value version = json::parse(reply->body);
    std::string stage = text(version, "stage"), news = stage + (text(version, "message").empty() ? "" : ": " + text(version, "message"));
    if (news != told) fmt::print("{} {}\n", id, news);
    std::fflush(stdout);
    told = news;
    if (stage == "ready") return 0;
    if (stage == "failed") return 1;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));  // between two looks at the server's progress
    reply = ask(*connection, "GET", path);
  }
}

}  // namespace clary::cli
