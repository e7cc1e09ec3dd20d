// Where this host gets packages from: what its environment variables, pip.conf and uv.toml say, put in uv's words.
// Thread rule: any thread. Invariant: nothing of the server's environment but these settings reaches the maker of an
// environment.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "workers/launcher.hpp"

namespace clary::runtimes {

struct RegistrySettings {
  std::vector<std::string> environment;  // "UV_DEFAULT_INDEX=..."
  std::vector<workers::Mount> mounts;    // local package folders, certificates and uv.toml, at their own paths
};

// The host's, read anew each time: an administrator may mend them while the server runs.
RegistrySettings registry_settings();
// From the given variables ("NAME" to value) and the text of pip.conf; `exists` tells which local paths there are.
RegistrySettings registry_settings(const std::map<std::string, std::string>& variables, const std::string& pip_conf,
                                   const std::function<bool(const std::string&)>& exists);

// What went wrong, out of uv's output, in one line for the client: an unreachable registry is told as such.
std::string reason_in(const std::string& output);
bool is_unreachable(std::string_view output);

}  // namespace clary::runtimes
