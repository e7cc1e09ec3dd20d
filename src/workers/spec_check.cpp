#include "workers/spec_check.hpp"

#include <algorithm>

#include "io/file.hpp"
#include "workers/link.hpp"
#include "workers/worker_folder.hpp"

namespace clary::workers {

Outcome<void> check_worker(const WorkerSpec& spec) {
  const auto no_zero = [](const std::string& text) { return text.find('\0') == std::string::npos; };
  if (!is_worker_id(spec.id)) return internal("'{}' is no worker's id", spec.id);
  if (!is_hostname(spec.hostname)) return internal("{}: '{}' is no hostname", spec.id, spec.hostname);
  if (!std::all_of(spec.command.begin(), spec.command.end(), no_zero))
    return validation("An argument holds a NUL character.");
  for (const auto& [name, value] : spec.environment) {
    if (name.empty() || name.find('=') != std::string::npos || !no_zero(name) || !no_zero(value)) {
      return validation("'{}' cannot be the name of an environment variable, or its value holds a NUL character.",
                        name);
    }
  }
  for (const Mount& mount : spec.mounts) {
    if (mount.target.size() < 2 || mount.target[0] != '/' || mount.target.find("..") != std::string::npos)
      return internal("{}: cannot mount at '{}'", spec.id, mount.target);
    if (!io::exists(mount.source))
      return internal("{}: there is no {} to mount at {}", spec.id, mount.source, mount.target);
  }
  return check_link(spec);
}

}  // namespace clary::workers
