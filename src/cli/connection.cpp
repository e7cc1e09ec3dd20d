#include "cli/connection.hpp"

#include <fmt/core.h>

#include <cstdio>

#include "auth/signature.hpp"

namespace clary::cli {

Outcome<Connection> connect(const std::string& data_dir) {
  Connection connection;
  connection.folder = server::DataFolder{data_dir};
  auto running = server::find_running_server(connection.folder);
  if (!running) return make_error(ErrorKind::unavailable, "no server runs on the data folder {} (start one with `clary serve`)", data_dir);
  connection.server = *running;
  TRY(connection.installation, auth::open_installation(connection.folder.keys(), ""));
  return connection;
}

Outcome<http::Reply> ask(const Connection& connection, const std::string& method, const std::string& path, const std::string& body) {
  const auto& [account, access_key, secret_key, master_key, role_arn] = connection.installation;
  std::string host = connection.server.addresses.front();
  auth::SignedMessage message{.method = method, .path = path, .query = {}};
  message.headers.emplace_back("host", host);
  auto extra = auth::sign(message, body, {access_key, secret_key, "", {}}, connection.server.region, "clary", SystemClock().now());
  http::Headers headers;
  headers.add("Host", host);
  for (auto& [name, value] : extra) headers.add(name, value);
  http::Address address{.unix_path = connection.folder.socket(), .host = {}, .port = 0};
  return http::send(address, method, path, headers, body, std::chrono::seconds(body.empty() ? 30 : 300));
}

int fail(const Error& error) {
  fmt::print(stderr, "clary: {}{}\n", error.message, error.detail.empty() ? "" : " (" + error.detail + ")");
  return 1;
}

}  // namespace clary::cli
