#include "workers/link.hpp"

#include <algorithm>
#include <cctype>
#include <set>

#include "workers/worker_folder.hpp"

namespace clary::workers {

bool is_hostname(const std::string& name) {
  return !name.empty() && name.size() <= 63 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '.'; });
}

std::string host_address(std::size_t place) {
  const std::size_t number = place + 1;
  return fmt::format("10.32.{}.{}", number / 256, number % 256);
}

Outcome<void> check_link(const WorkerSpec& spec) {
  const Link& link = spec.link;
  if (link.network.empty()) return {};
  if (!is_worker_id(link.network)) return internal("{}: '{}' is no network's name", spec.id, link.network);
  if (spec.host_network) return internal("{}: a host of several cannot have the host's network", spec.id);
  if (link.hosts.size() > most_hosts)
    return validation("There can be {} hosts at most, not {}.", most_hosts, link.hosts.size());
  const std::set<std::string> names(link.hosts.begin(), link.hosts.end());
  if (names.size() != link.hosts.size() || !names.contains(spec.hostname) || names.contains("localhost") ||
      !std::all_of(names.begin(), names.end(), is_hostname)) {
    return internal("{}: the hosts of its network are not distinct names with its own among them", spec.id);
  }
  return {};
}

std::string own_address(const WorkerSpec& spec) {
  const auto found = std::find(spec.link.hosts.begin(), spec.link.hosts.end(), spec.hostname);
  return host_address(static_cast<std::size_t>(found - spec.link.hosts.begin()));
}

std::string hosts_file(const WorkerSpec& spec) {
  std::string text = "127.0.0.1 localhost\n::1 localhost\n";
  if (spec.link.network.empty()) {
    if (spec.hostname != "localhost") text += "127.0.0.1 " + spec.hostname + "\n";
    return text;
  }
  for (std::size_t place = 0; place < spec.link.hosts.size(); ++place) {
    text += host_address(place) + " " + spec.link.hosts[place] + "\n";
  }
  return text;
}

void keep_from_proxy(const Link& link, std::map<std::string, std::string>& environment) {
  if (link.network.empty()) return;
  std::string direct;
  for (std::size_t place = 0; place < link.hosts.size(); ++place) {
    direct += (direct.empty() ? "" : ",") + link.hosts[place] + "," + host_address(place);
  }
  for (const char* name : {"no_proxy", "NO_PROXY"}) {
    auto found = environment.find(name);
    if (found != environment.end()) found->second += (found->second.empty() ? "" : ",") + direct;
  }
}

}  // namespace clary::workers
