// A signed connection from the command line to the server of a data folder. Thread rule: one thread.
#pragma once

#include <string>

#include "auth/identity.hpp"
#include "base/outcome.hpp"
#include "http/client.hpp"
#include "server/data_folder.hpp"

namespace clary::cli {

struct Connection {
  server::DataFolder folder;
  server::RunningServer server;
  auth::Installation installation;
};

// An Error in one sentence when no server runs there.
Outcome<Connection> connect(const std::string& data_dir);
// Asks a path below /-/, signed with the root key.
Outcome<http::Reply> ask(const Connection& connection, const std::string& method, const std::string& path,
                         const std::string& body = "");

// Prints "clary: <message>" to standard error and returns 1.
int fail(const Error& error);

}  // namespace clary::cli
