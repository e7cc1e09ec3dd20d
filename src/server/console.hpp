// The web console below /-/console/: its files, and the one-time links that sign a browser in. Everything else that it shows it asks of the AWS
// services, signed in the browser. Owned by the composition root. Thread rule: any thread.
// Invariant: a link works once and for ten minutes; what it gives are credentials that expire, never the root pair.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "auth/identity.hpp"
#include "http/server.hpp"
#include "server/console_files.hpp"

namespace clary::server {

inline constexpr std::chrono::minutes link_lifetime{10};

// The links that were made and not used yet. Only hashes are kept; the oldest gives way when there are too many.
class ConsoleLinks {
 public:
  std::string make(Time now);  // 256 random bits, as hexadecimal
  bool take(std::string_view token, Time now);

 private:
  std::mutex mutex_;
  std::map<std::string, Time> until_;  // by the token's SHA-256
};

// Whether a browser that names this host (with or without a port) may sign in: an address, localhost, or a name of this host. Any other name may be
// somebody else's that resolves to us.
bool is_own_host(std::string_view host, const std::vector<std::string>& names);

class Console {
 public:
  Console(const auth::Keys& keys, const Clock& clock, std::string region, std::vector<std::string> names, ConsoleFiles files)
      : keys_(keys), clock_(clock), region_(std::move(region)), names_(std::move(names)), files_(std::move(files)) {}

  // Files and sign-in, which nobody has signed; nothing for other paths.
  std::optional<http::Route> route(const http::Request& request);
  // The answer to who has shown the root key: a link's token.
  http::Response make_link();

 private:
  http::Response answer_file(const http::Request& request, std::string_view path) const;
  http::Response sign_in(const http::Request& request, std::string_view body);

  const auth::Keys& keys_;
  const Clock& clock_;
  std::string region_;
  std::vector<std::string> names_;
  ConsoleFiles files_;
  ConsoleLinks links_;
};

}  // namespace clary::server
