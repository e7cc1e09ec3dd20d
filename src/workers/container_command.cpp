#include "workers/container_command.hpp"

#include <algorithm>

#include "workers/sandbox.hpp"

namespace clary::workers {
namespace {

constexpr std::uint64_t mib = 1024 * 1024;

Outcome<std::string> bind(const Mount& mount, bool give_to_user) {
  for (const std::string* path : {&mount.source, &mount.target}) {
    // podman reads the option as comma-separated values.
    if (path->find_first_of(",\"\n") != std::string::npos)
      return validation("The path '{}' cannot be shown to a container: it holds a comma, a quote or a line's end.",
                        *path);
  }
  std::string text = "type=bind,source=" + mount.source + ",target=" + mount.target;
  if (!mount.writable) text += ",readonly";
  if (mount.writable && give_to_user) text += ",U";
  return text;
}

void add_limits(std::vector<std::string>& words, const Limits& limits) {
  const auto add = [&](const char* option, const std::string& value) { words.insert(words.end(), {option, value}); };
  if (limits.memory > 0) {
    // Above the limit that is sampled: a worker that exceeds it slowly is told so, one that is too fast for that
    // doesn't take the host along.
    const std::uint64_t bound = limits.memory + std::max(limits.memory / 16, 64 * mib);
    add("--memory", std::to_string(bound));
    add("--memory-swap", std::to_string(bound));
  }
  if (limits.cpus > 0) add("--cpus", fmt::format("{:.2f}", limits.cpus));
  if (limits.processes > 0) add("--pids-limit", std::to_string(limits.processes));
}

}  // namespace

std::vector<StartWay> start_ways() {
  return {{true, true, false}, {false, true, false}, {false, false, false}, {false, false, true}};
}

std::string describe(const StartWay& way) {
  if (way.limits) return "with limits by cgroups";
  if (way.cgroups) return "without limits: cgroups take none here";
  return way.private_mounts ? "without cgroups, cgroup v2 out of sight" : "without cgroups";
}

Outcome<std::vector<std::string>> run_arguments(const ContainerPlan& plan, const StartWay& way) {
  std::vector<std::string> words{"run", "--rm", "--name", plan.name};
  const auto add = [&](std::initializer_list<std::string> more) { words.insert(words.end(), more); };
  if (plan.detach) add({"--detach"});
  if (!plan.pid_file.empty()) add({"--pidfile", plan.pid_file});
  // Its output goes to a file of ours past podman: descriptors 3 to 5 are clary-init's (see init/main.cpp).
  add({"--preserve-fds", "3", "--log-driver", "none"});
  add({"--network", "none", "--hostname", plan.hostname});
  // Nothing of the host's that podman would pass on by itself.
  add({"--http-proxy=false", "--sdnotify", "ignore", "--systemd", "false", "--no-healthcheck"});
  add({"--security-opt", "no-new-privileges", "--security-opt", "label=disable"});
  const auto ulimit = [&](const char* name, std::uint64_t most) {
    add({"--ulimit", fmt::format("{}={}:{}", name, most, most)});
  };
  ulimit("nofile", plan.open_files);
  ulimit("nproc", plan.limits.processes > 0 ? plan.limits.processes : 4096);
  ulimit("core", 0);
  if (plan.shared_memory > 0) add({"--shm-size", std::to_string(plan.shared_memory)});
  for (const std::string& device : plan.devices) add({"--device", device});
  if (plan.hide_gpus) add({"--env", "NVIDIA_VISIBLE_DEVICES=void"});
  if (way.limits) add_limits(words, plan.limits);
  if (!way.cgroups) add({"--cgroups", "disabled"});
  std::vector<Mount> mounts = plan.mounts;
  if (plan.rootfs.empty()) mounts.push_back({plan.init, init_inside, false});
  if (!plan.socket_folder.empty()) mounts.push_back({plan.socket_folder, socket_folder_inside, false});
  for (const Mount& mount : mounts) {
    TRY(std::string option, bind(mount, plan.give_to_user));
    add({"--mount", std::move(option)});
  }
  if (plan.rootfs.empty()) {
    add({"--pull", "never", "--entrypoint", init_inside, plan.image});
  } else {
    add({"--rootfs", plan.rootfs, init_inside});
  }
  return words;
}

std::vector<std::string> with_way(const StartWay& way, bool root, const std::string& podman,
                                  const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  if (way.private_mounts) {
    // An ordinary user's mounts are podman's namespace's; hiding is all that it may do to what the host mounted.
    if (!root) words = {podman, "unshare"};
    const char* hide = root ? "umount /sys/fs/cgroup/unified" : "mount -t tmpfs tmpfs /sys/fs/cgroup/unified";
    words.insert(words.end(), {"unshare", "--mount", "sh", "-c", std::string(hide) + " && exec \"$@\"", "sh"});
  }
  words.push_back(podman);
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

}  // namespace clary::workers
