#include <fmt/core.h>

#include <boost/json.hpp>

#include "cli/commands.hpp"
#include "cli/connection.hpp"

namespace clary::cli {

namespace {

// The address as a browser of this host can use it: a server that listens on all addresses listens on its own.
std::string reachable(std::string address) {
  if (address.starts_with("0.0.0.0:")) return "127.0.0.1" + address.substr(7);
  if (address.starts_with("[::]:")) return "[::1]" + address.substr(4);
  return address;
}

}  // namespace

int console(const std::string& data_dir) {
  auto connection = connect(data_dir);
  if (!connection) return fail(connection.error());
  auto reply = ask(*connection, "POST", "/-/console/links");
  if (!reply) return fail(reply.error());
  boost::json::error_code code;
  boost::json::value answer = boost::json::parse(reply->body, code);
  if (code || !answer.is_object()) return fail(make_error(ErrorKind::unavailable, "the server answered {}", reply->status));
  if (reply->status != 200) return fail(make_error(ErrorKind::unavailable, "{}", boost::json::value_to<std::string>(answer.at("message"))));
  fmt::print("http://{}/-/console/#sign-in={}\n", reachable(connection->server.addresses.front()), boost::json::value_to<std::string>(answer.at("token")));
  return 0;
}

}  // namespace clary::cli
