#include <cstdio>
#include <filesystem>
#include <sstream>
#include <sys/syscall.h>
#include <unistd.h>

#include "io/process.hpp"
#include "workers/process_launcher.hpp"
#include "workers/sandbox.hpp"

namespace clary::workers {
namespace {

constexpr const char* container_mend =
    "if this is a container, run it with --privileged, or with --cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt "
    "seccomp=unconfined "
    "--security-opt apparmor=unconfined --security-opt systempaths=unconfined";

long setting(const char* path, long otherwise) {
  auto text = io::read_file(path, 64);
  return text ? std::strtol(text->c_str(), nullptr, 10) : otherwise;
}

// Whether the user namespace that we are in has every uid that workers would get.
bool uids_exist(unsigned first, unsigned count) {
  auto text = io::read_file("/proc/self/uid_map", 65536);
  if (!text) return true;
  std::istringstream lines(*text);
  unsigned long inside = 0, outside = 0, size = 0;
  while (lines >> inside >> outside >> size) {
    if (first >= inside && first + static_cast<unsigned long>(count) <= inside + size) return true;
  }
  return false;
}

Lack explain(const std::string& told) {
  const auto says = [&](const char* text) { return told.find(text) != std::string::npos; };
  if (says("Unknown option"))
    return {"bubblewrap is older than 0.8.0", "install bubblewrap 0.8.0 or later (Debian 12 has it)"};
  if (geteuid() != 0) {
    if (setting("/proc/sys/kernel/unprivileged_userns_clone", 1) == 0) {
      return {"ordinary users may not make user namespaces", "sysctl -w kernel.unprivileged_userns_clone=1"};
    }
    if (setting("/proc/sys/user/max_user_namespaces", 1) == 0)
      return {"user namespaces are off", "sysctl -w user.max_user_namespaces=15000"};
    if (setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 0) == 1) {
      return {"AppArmor restricts the user namespaces of ordinary users",
              "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"};
    }
  }
  if (says("proc on")) return {"/proc cannot be mounted in a namespace", container_mend};
  return {"a sandbox cannot be made here (" + told + ")", container_mend};
}

}  // namespace

std::vector<Lack> sandbox_check(const LauncherOptions& options) {
  std::vector<Lack> lacks;
  const std::string init = init_on_host(options.init);
  if (::access(init.c_str(), X_OK) != 0)
    lacks.push_back({"the program " + init + " is missing", "install Clary whole: clary-init stands beside clary"});
  const int process = static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0));
  if (process < 0) lacks.push_back({"the kernel has no pidfd_open", "boot Linux 5.3 or later"});
  if (process >= 0) ::close(process);
  if (!options.sandbox || !lacks.empty()) return lacks;
  const auto bwrap = io::find_program(options.bwrap);
  if (!bwrap) return {{"bubblewrap is not installed", "apt-get install bubblewrap"}};
  if (geteuid() == 0 && !uids_exist(options.first_uid, options.uids)) {
    lacks.push_back(
        {fmt::format("users {} to {} do not exist in this user namespace, so jobs cannot have users of their own",
                     options.first_uid, options.first_uid + options.uids - 1),
         "start the container without a user namespace, or run clary as an ordinary user"});
  }
  SandboxPlan plan;
  plan.bwrap = *bwrap;
  plan.init = init;
  plan.root = geteuid() == 0;
  plan.hostname = "check";
  plan.shared_memory = 1 << 20;
  plan.info_descriptor = 6;
  io::Command command;
  command.arguments = sandbox_command(look_at_host(), plan);
  command.descriptors = {-1, -1, -1, -1, -1, -1, -1};
  command.new_session = true;
  // With nothing to read, clary-init ends with 125: it was reached, so the sandbox stands.
  auto trial = io::run(command, std::chrono::seconds(10));
  if (!trial) {
    lacks.push_back({"bubblewrap does not run: " + trial.error().message, container_mend});
  } else if (trial->code != 125) {
    while (!trial->output.empty() && trial->output.back() == '\n') trial->output.pop_back();
    lacks.push_back(explain(trial->output));
  }
  return lacks;
}

std::vector<Lack> network_check(const LauncherOptions& options) {
  io::Command command;
  command.arguments = {init_on_host(options.init), "try"};
  command.new_session = true;
  const auto trial = io::run(command, std::chrono::seconds(10));
  if (trial && trial->code == 0) return {};
  const std::string told = trial ? trial->output : trial.error().message;
  const bool module = told.find("bridge") != std::string::npos || told.find("interfaces") != std::string::npos;
  return {{"jobs with several instances cannot have a network (" + told + ")",
           module ? "modprobe -a bridge veth" : container_mend}};
}

}  // namespace clary::workers
