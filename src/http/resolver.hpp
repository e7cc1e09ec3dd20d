// Looks host names up on a few threads of its own, because the system's resolver blocks. Owned by the server.
// Thread rule: any thread; the callback runs on a resolver thread. Invariant: at most `most_waiting` look-ups wait; one
// that never ends delays its own caller only, and not the server's end.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/outcome.hpp"

namespace clary::http {

class Resolver {
 public:
  using Lookup = std::function<Outcome<std::vector<std::string>>(const std::string& host)>;
  using Done = std::function<void(Outcome<std::vector<std::string>>)>;
  static constexpr unsigned most_threads = 4;
  static constexpr std::size_t most_waiting = 256;

  explicit Resolver(Lookup lookup);  // null: the system's
  ~Resolver();
  // False: too many wait already.
  bool resolve(std::string host, Done done);

 private:
  struct State;
  static void serve(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

// getaddrinfo: every address of the host, as text.
Outcome<std::vector<std::string>> system_lookup(const std::string& host);

}  // namespace clary::http
