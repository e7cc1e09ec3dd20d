#include "workers/container_podman.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <sys/resource.h>
#include <unistd.h>

#include "workers/container_launcher.hpp"
#include "workers/log.hpp"
#include "workers/sandbox.hpp"

extern char** environ;

namespace clary::workers {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
constexpr const char* mend_mark = "; mend it with: ";
constexpr const char* install = "apt-get install --no-install-recommends podman crun conmon";

std::string mend_of(const std::string& told) {
  const auto says = [&](const char* text) { return told.find(text) != std::string::npos; };
  if (says("newuidmap") || says("newgidmap")) return "apt-get install uidmap";
  if (says("subuid") || says("subgid") || says("insufficient UIDs"))
    return "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 <this user>, then podman system migrate";
  if (says("conmon")) return "apt-get install conmon";
  if (says("OCI runtime") && (says("not found") || says("no such file"))) return "apt-get install crun";
  if (says("fuse-overlayfs")) return "apt-get install fuse-overlayfs";
  if (says("user namespace") || says("CLONE_NEWUSER")) return "sysctl -w kernel.unprivileged_userns_clone=1";
  return "make `podman run` work for this user on this host";
}

}  // namespace

std::string podman_error(std::string_view output) {
  std::string last;
  while (!output.empty()) {
    const std::size_t end = std::min(output.find('\n'), output.size());
    std::string_view line = output.substr(0, end);
    output.remove_prefix(std::min(end + 1, output.size()));
    if (line.starts_with("time=")) continue;  // logged on the way, retries for instance
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.remove_suffix(1);
    if (line.starts_with("Error: ")) line.remove_prefix(7);
    if (!line.empty()) last = line;
  }
  return last.empty() ? "it gave no reason" : last.substr(0, 600);
}

Podman::Podman(ContainerOptions options)
    : options_([&] {
        options.init = init_on_host(options.init);
        return std::move(options);
      }()) {}

Outcome<std::string> Podman::program() const {
  if (options_.podman.empty())
    return make_error(ErrorKind::unavailable, "containers are switched off (the setting podman is empty)");
  if (auto path = io::find_program(options_.podman)) return *std::move(path);
  return make_error(ErrorKind::unavailable, "podman is not installed ({})", install);
}

std::string Podman::absence() const {
  auto path = program();
  return path ? std::string() : path.error().message;
}

std::vector<std::string> Podman::environment() {
  std::vector<std::string> kept;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    // What systemd told this process about itself is not for containers.
    if (text.starts_with("NOTIFY_SOCKET=") || text.starts_with("LISTEN_")) continue;
    kept.emplace_back(text);
  }
  return kept;
}

Outcome<io::Finished> Podman::run(const std::vector<std::string>& arguments, std::chrono::milliseconds deadline) const {
  return run(arguments, deadline, {}, {});
}

Outcome<io::Finished> Podman::run(const std::vector<std::string>& arguments, std::chrono::milliseconds deadline,
                                  const std::stop_token& stop,
                                  const std::function<void(std::string_view)>& line) const {
  TRY(const std::string path, program());
  io::Command command;
  command.arguments = {path};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  command.environment = environment();
  command.new_session = true;  // podman has helpers, which would go on
  io::Watching watching;
  if (stop.stop_possible()) watching.given_up = [&stop] { return stop.stop_requested(); };
  std::string rest;
  if (line) {
    watching.on_text = [&](std::string_view text) {
      rest.append(text);
      for (std::size_t at; (at = rest.find_first_of("\r\n")) != std::string::npos; rest.erase(0, at + 1)) {
        if (at > 0) line(std::string_view(rest).substr(0, at));
      }
      if (rest.size() > 65536) rest.clear();
    };
  }
  auto finished = io::run(command, deadline, watching);
  if (finished || finished.error().kind != ErrorKind::timed_out) return finished;
  return make_error(
      ErrorKind::timed_out, "podman {} {}", arguments.front(),
      stop.stop_requested() ? "was given up" : fmt::format("took longer than {} s", deadline.count() / 1000));
}

std::vector<std::string> Podman::start_command(const StartWay& way, const std::vector<std::string>& arguments) const {
  auto path = program();
  std::vector<std::string> words = with_way(way, geteuid() == 0, path ? *path : options_.podman, arguments);
  // posix_spawn takes a path.
  if (auto found = io::find_program(words.front())) words.front() = *found;
  return words;
}

// Named as a worker's container, so that the next server clears up after one that was killed.
std::string Podman::name_of_trial() const {
  const std::string prefix = options_.workers.empty() ? "clary-" : container_prefix(options_.workers);
  return fmt::format("{}check-{}-{}", prefix, getpid(), std::chrono::steady_clock::now().time_since_epoch().count());
}

Outcome<void> Podman::make_check_root(const std::string& root) const {
  std::error_code code;
  const fs::path inside = root + init_inside;
  CHECK_OK(io::make_folders(inside.parent_path(), 0755));
  fs::copy_file(options_.init, inside, fs::copy_options::overwrite_existing, code);
  if (code) return io::system_error("copy", options_.init, code.value());
  return {};
}

// Empty: it works.
std::string Podman::try_way(const StartWay& way, const std::string& root) const {
  ContainerPlan plan;
  plan.name = name_of_trial();
  plan.rootfs = root;
  plan.hostname = "check";
  plan.open_files = most_open_files();
  plan.limits = {1, 256ULL << 20, 0, 64};
  plan.detach = false;
  auto arguments = run_arguments(plan, way);
  if (!arguments) return arguments.error().message;
  io::Command command;
  command.arguments = start_command(way, *arguments);
  command.environment = environment();
  command.new_session = true;
  command.descriptors = {-1, -1, -1, -1, -1, -1};
  auto trial = io::run(command, 60s);
  if (!trial) return trial.error().message;
  // With nothing to read, clary-init ends with 125, as podman does when it fails; only that says why.
  if (trial->code == 125 && trial->output.find("rror") == std::string::npos) return {};
  return podman_error(trial->output);
}

Outcome<StartWay> Podman::start_way() {
  std::lock_guard lock(mutex_);
  if (way_) return *way_;
  CHECK_OK(program());
  const std::string root = options_.folder + "/check";
  CHECK_OK(make_check_root(root));
  std::string told;
  for (const StartWay& way : start_ways()) {
    if (way.private_mounts && !io::exists("/sys/fs/cgroup/unified")) continue;
    std::string failure = try_way(way, root);
    if (failure.empty()) {
      log_.info("containers start here {}", describe(way));
      way_ = way;
      return way;
    }
    log_.debug("containers do not start {}: {}", describe(way), failure);
    // The first failure tells of cgroups where they are the trouble; the last one of what is left without them.
    told = std::move(failure);
  }
  return make_error(ErrorKind::unavailable, "podman cannot start a container here: {}{}{}", told, mend_mark,
                    mend_of(told));
}

std::uint64_t most_open_files() {
  rlimit now{};
  getrlimit(RLIMIT_NOFILE, &now);
  return std::min<std::uint64_t>(now.rlim_max, 65536);
}

namespace {

std::vector<Lack> lacks_of(const ContainerOptions& options) {
  Podman podman(options);
  if (const std::string absence = podman.absence(); !absence.empty()) return {{"podman is not installed", install}};
  if (auto way = podman.start_way(); !way) {
    const std::string& told = way.error().message;
    const std::size_t mark = told.find(mend_mark);
    if (mark == std::string::npos) return {{told, "look at the folder " + options.folder}};
    return {{told.substr(0, mark), told.substr(mark + std::strlen(mend_mark))}};
  }
  return {};
}

}  // namespace

std::vector<Lack> container_check(ContainerOptions options) {
  char own[] = "/tmp/clary-check-XXXXXX";
  if (mkdtemp(own) == nullptr) return {{"/tmp cannot be written", "chmod 1777 /tmp"}};
  options.folder = own;
  auto lacks = lacks_of(options);
  (void)io::remove_tree(own);
  return lacks;
}

}  // namespace clary::workers
