#include "workers/container_launcher.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "workers/launch.hpp"
#include "workers/link.hpp"
#include "workers/log.hpp"
#include "workers/sandbox.hpp"
#include "workers/slots.hpp"
#include "workers/spec_check.hpp"
#include "workers/worker_folder.hpp"

namespace clary::workers {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
// Runs podman and tells the launcher the pid that it wrote down, as bubblewrap would ($1: the pid file, $2: podman's
// errors, the rest podman).
constexpr const char* start_script =
    "pid=$1 errors=$2; shift 2; \"$@\" >/dev/null 2>\"$errors\" && printf '{\"child-pid\": %s}\\n' \"$(cat \"$pid\")\" "
    ">&6";

Outcome<void> check_spec(const WorkerSpec& spec) {
  CHECK_OK(check_worker(spec));
  if (spec.command.empty() || spec.command[0].empty())
    return validation("The container image names no program to run, and neither does the request.");
  if (spec.host_network || spec.uid) return internal("{}: a container has its own network and user", spec.id);
  return {};
}

// Where the container's own files are written, as its first process's mounts tell: they count as its disk use.
std::string upper_folder(pid_t pid) {
  std::ifstream mounts("/proc/" + std::to_string(pid) + "/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string number, parent, device, root, target;
    fields >> number >> parent >> device >> root >> target;
    const std::size_t at = line.find(",upperdir=");
    if (target != "/" || at == std::string::npos) continue;
    const std::size_t from = at + 10;
    const std::string path = line.substr(from, line.find_first_of(", ", from) - from);
    return path.starts_with('/') && io::exists(path) ? path : std::string();
  }
  return {};
}

class ContainerLauncher : public Launcher {
 public:
  ContainerLauncher(std::unique_ptr<Launcher> inner, Podman& podman, ContainerPlace place)
      : inner_(std::move(inner)), podman_(podman), place_(std::move(place)), prefix_(container_prefix(place_.folder)) {
    if (io::exists(podman_.options().folder)) sweeper_ = std::jthread([this](std::stop_token stop) { sweep(stop); });
  }

  Outcome<std::shared_ptr<Worker>> start(const WorkerSpec& spec) override {
    if (spec.image.empty()) return inner_->start(spec);
    CHECK_OK(check_spec(spec));
    TRY(const StartWay way, podman_.start_way());
    const WorkerFolder folder(place_.folder + "/" + spec.id);
    CHECK_OK(io::make_folders(folder.path(), 0700));
    if (io::exists(folder.at("record")))
      return make_error(ErrorKind::already_exists, "The worker {} was started before.", spec.id);
    const auto gpus = inner_->lend_gpus(spec);
    TRY(Launch launch, prepare(spec, way, folder, *gpus));
    if (!spec.link.network.empty()) {
      TRY(launch.join, inner_->link_host(spec));
    }
    // From here on there may be a container to clear away; the mark says whose files it may leave.
    TRY(io::File mark, io::File::open(folder.at("container"), O_WRONLY | O_CREAT | O_TRUNC, 0600));
    CHECK_OK(mark.write_all(spec.image_user));
    auto launched = run_launch(launch, folder);
    if (!launched) return explain(std::move(launched).error(), folder);
    while (waitpid(launched->child, nullptr, 0) < 0 && errno == EINTR) {
    }
    if (std::string upper = upper_folder(launch.record.process.pid); !upper.empty()) {
      launch.record.writable.push_back(std::move(upper));
      CHECK_OK(folder.keep_record(launch.record));
    }
    log_.debug("{} started as process {} in a container of {}", spec.id, launch.record.process.pid, spec.image);
    return inner_->attach(spec.id);
  }

  Outcome<std::shared_ptr<Worker>> attach(const std::string& id) override { return inner_->attach(id); }

  void remove(const std::string& id) override {
    const std::string folder = place_.folder + "/" + id;
    const auto user = is_worker_id(id) ? io::read_file(folder + "/container", 4096)
                                       : Outcome<std::string>(make_error(ErrorKind::not_found, "no worker's id"));
    if (user) clear(prefix_ + id);
    // What another user of the image wrote belongs to one of this user's further ids, which it has in podman's namespace
    // alone.
    if (user && !user->empty() && geteuid() != 0)
      (void)podman_.run({"unshare", "rm", "-rf", "--", folder + "/ml", folder + "/checkpoints"}, 60s);
    inner_->remove(id);
  }

  std::vector<std::string> ids() const override { return inner_->ids(); }
  Outcome<unsigned> uid_of(const std::string& id) override { return inner_->uid_of(id); }

 private:
  Outcome<Launch> prepare(const WorkerSpec& spec, const StartWay& way, const WorkerFolder& folder, const GpuLoan& gpus) {
    TRY(const unsigned uid, inner_->uid_of(spec.id));
    const unsigned gid = geteuid() == 0 ? uid : getegid();
    CHECK_OK(folder.make_parts(uid, gid));
    Launch launch;
    launch.in_sandbox = true;  // its first process is pid 1 of its own, and podman's shell tells which it is here
    launch.record.boot = io::boot_id();
    launch.record.limits = spec.limits;
    launch.record.gpus = gpus.numbers;
    ContainerPlan plan;
    plan.name = prefix_ + spec.id;
    plan.image = spec.image;
    plan.init = podman_.options().init;
    plan.hostname = spec.hostname;
    plan.pid_file = folder.at("pid");
    plan.give_to_user = !spec.image_user.empty();
    plan.shared_memory = spec.limits.memory > 0 ? spec.limits.memory : host_share().memory / 2;
    plan.limits = spec.limits;
    plan.open_files = most_open_files();
    plan.devices = gpu_devices(gpus, podman_.options().cdi);
    plan.hide_gpus = !gpus.environment.empty();
    plan.mounts = {{folder.at("ml"), "/opt/ml", true}};
    TRY(const auto files, folder.make_files(spec, uid, gid, {}, false));
    for (const Mount& file : files) {
      if (file.target == "/etc/hosts" || file.target == "/etc/hostname" || file.target == "/etc/resolv.conf")
        plan.mounts.push_back(file);
    }
    plan.mounts.insert(plan.mounts.end(), spec.mounts.begin(), spec.mounts.end());
    std::stable_sort(plan.mounts.begin(), plan.mounts.end(),
                     [](const Mount& a, const Mount& b) { return a.target < b.target; });
    for (const Mount& mount : plan.mounts) {
      if (mount.writable) launch.record.writable.push_back(mount.source);
    }
    const bool forwards = spec.forwarder && !place_.socket.empty();
    const fs::path socket = place_.socket;
    if (forwards) plan.socket_folder = socket.parent_path();
    TRY(const auto arguments, run_arguments(plan, way));
    launch.command = {"/bin/sh", "-c", start_script, "sh", plan.pid_file, folder.at("podman")};
    const auto podman = podman_.start_command(way, arguments);
    launch.command.insert(launch.command.end(), podman.begin(), podman.end());
    launch.environment = Podman::environment();
    launch.patience = place_.patience;
    launch.order = order(spec, gpus, forwards ? socket.filename().string() : std::string());
    return launch;
  }

  std::vector<std::pair<std::string, std::string>> order(const WorkerSpec& spec, const GpuLoan& gpus,
                                                         const std::string& socket) const {
    std::vector<std::pair<std::string, std::string>> order{{"inherit", "1"}};
    order.emplace_back("directory", spec.working_directory == "/" ? "." : spec.working_directory);
    for (const auto& argument : spec.command) order.emplace_back("arg", argument);
    auto environment = spec.environment;
    environment.insert(gpus.environment.begin(), gpus.environment.end());
    keep_from_proxy(spec.link, environment);
    for (const auto& [name, value] : environment) order.emplace_back("env", name + "=" + value);
    if (!socket.empty()) {
      order.emplace_back("port", std::to_string(place_.port));
      order.emplace_back("socket", std::string(socket_folder_inside) + "/" + socket);
    }
    if (spec.serve_port > 0) {
      order.emplace_back("serve-port", std::to_string(spec.serve_port));
      order.emplace_back("serve-socket", spec.serve_socket);
    }
    return order;
  }

  // podman's words where it failed, else what clary-init said.
  static Error explain(Error failure, const WorkerFolder& folder) {
    auto told = io::read_file(folder.at("podman"), 65536);
    if (!told || told->empty()) return failure;
    const std::string words = podman_error(*told);
    if (words == podman_error("")) return failure;
    return make_error(ErrorKind::unavailable, "podman could not start the container: {}", words);
  }

  void clear(const std::string& name) const {
    auto removed = podman_.run({"rm", "--force", "--ignore", "--time", "0", "--volumes", name}, 30s);
    if (removed && removed->code == 0) return;
    log_.warn("the container {} may be left: {}", name,
              removed ? podman_error(removed->output) : removed.error().message);
  }

  // What a killed server, or a machine that went down, left: containers without a worker's folder.
  void sweep(const std::stop_token& stop) const {
    auto listed = podman_.run({"ps", "--all", "--format", "{{.Names}}", "--filter", "name=^" + prefix_}, 30s);
    if (!listed || listed->code != 0) return;
    const std::string own_checks = prefix_ + "check-" + std::to_string(getpid()) + "-";  // it may be trying now
    std::istringstream names(listed->output);
    for (std::string name; std::getline(names, name) && !stop.stop_requested();) {
      if (!name.starts_with(prefix_)) continue;
      const std::string id = name.substr(prefix_.size());
      if (is_worker_id(id) && !io::exists(place_.folder + "/" + id) && !name.starts_with(own_checks)) clear(name);
    }
  }

  const std::unique_ptr<Launcher> inner_;
  Podman& podman_;
  const ContainerPlace place_;
  const std::string prefix_;
  std::jthread sweeper_;
};

}  // namespace

std::string container_prefix(const std::string& workers_folder) {
  return "clary-" + mark_of(workers_folder) + "-";
}

std::unique_ptr<Launcher> open_container_launcher(std::unique_ptr<Launcher> inner, Podman& podman,
                                                  const ContainerPlace& place) {
  return std::make_unique<ContainerLauncher>(std::move(inner), podman, place);
}

}  // namespace clary::workers
