// Names and addresses of one job's hosts (see networks.hpp for how they are linked). Every network has the same
// addresses: none sees another. Thread rule: pure functions. Invariant: a host's address follows from its place in the
// list alone, so that all hosts' /etc/hosts agree whenever they start.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "base/outcome.hpp"
#include "workers/launcher.hpp"

namespace clary::workers {

constexpr std::size_t most_hosts = 1000;  // a bridge has 1023 ports
constexpr int network_prefix = 16;

bool is_hostname(const std::string& name);
// "10.32.0.1" for the first.
std::string host_address(std::size_t place);
// A link has at most `most_hosts` distinct names, the spec's own among them. No link is well.
Outcome<void> check_link(const WorkerSpec& spec);
// Of a spec whose link has been checked.
std::string own_address(const WorkerSpec& spec);
std::string hosts_file(const WorkerSpec& spec);
// The other hosts are not asked through the job's proxy: extends no_proxy and NO_PROXY where there is a proxy.
void keep_from_proxy(const Link& link, std::map<std::string, std::string>& environment);

}  // namespace clary::workers
