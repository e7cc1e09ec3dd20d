#include "workers/process_launcher.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <numeric>
#include <unistd.h>
#include <unordered_map>

#include "workers/cgroups.hpp"
#include "workers/launch.hpp"
#include "workers/link.hpp"
#include "workers/log.hpp"
#include "workers/networks.hpp"
#include "workers/placement.hpp"
#include "workers/process_worker.hpp"
#include "workers/sampler.hpp"
#include "workers/sandbox.hpp"
#include "workers/slots.hpp"
#include "workers/spec_check.hpp"
#include "workers/uids.hpp"
#include "workers/unconfined.hpp"
#include "workers/watch.hpp"

namespace clary::workers {
namespace {

Outcome<void> check_spec(const WorkerSpec& spec) {
  CHECK_OK(check_worker(spec));
  if (spec.command.empty() || spec.command[0].empty() || spec.command[0][0] != '/')
    return internal("{}: the command must name a path", spec.id);
  return {};
}

std::string cgroup_of(const LauncherOptions& options) {
  auto opened = options.cgroup && options.cgroup->empty()
                    ? Outcome<std::string>(internal("they are not wanted"))
                    : open_cgroups(options.cgroup.value_or(own_cgroup()), getpid());
  if (!opened) {
    log_.info("limits of jobs are sampled, not held by the kernel: {}", opened.error().detail);
    return {};
  }
  log_.info("limits of jobs are held by cgroups below {}", *opened);
  return *opened;
}

class ProcessLauncher : public Launcher {
 public:
  ProcessLauncher(LauncherOptions options, std::string bwrap, std::string init)
      : options_(std::move(options)),
        bwrap_(std::move(bwrap)),
        init_(std::move(init)),
        own_users_(geteuid() == 0 && options_.sandbox),
        boot_(io::boot_id()),
        host_(look_at_host()),
        gpus_(look_for_gpus(options_.devices)),
        mark_(mark_of(options_.folder)),
        cgroups_(cgroup_of(options_)),
        uids_(options_.folder, options_.first_uid, options_.uids),
        networks_(options_.folder, init_, [watch = watch_](pid_t child) { watch->reap(child); }),
        sampler_(options_.output_limit) {}

  ~ProcessLauncher() override { watch_->end(); }

  Outcome<std::shared_ptr<Worker>> start(const WorkerSpec& spec) override {
    CHECK_OK(check_spec(spec));
    std::lock_guard lock(start_mutex_);
    const WorkerFolder folder(options_.folder + "/" + spec.id);
    CHECK_OK(io::make_folders(folder.path(), 0700));
    if (!spec.link.network.empty() && !options_.sandbox) {
      return make_error(ErrorKind::unavailable,
                        "Several hosts need an address each, which --sandbox=off cannot give: start the server with "
                        "the sandbox, or ask for one instance.");
    }
    if (io::exists(folder.at("record")))
      return make_error(ErrorKind::already_exists, "The worker {} was started before.", spec.id);
    TRY(const unsigned uid, spec.uid&& own_users_ ? Outcome<unsigned>(*spec.uid) : uid_of(spec.id));
    const unsigned gid = own_users_ ? uid : getegid();
    CHECK_OK(folder.make_parts(uid, gid));

    Launch launch;
    WorkerRecord& record = launch.record;
    record.boot = boot_;
    record.sandboxed = options_.sandbox;
    record.limits = spec.limits;
    std::vector<Mount> mounts = all_mounts(spec, folder);
    for (const Mount& mount : mounts) {
      if (!mount.writable) continue;
      record.writable.push_back(mount.source);
      if (own_users_ && ::lchown(mount.source.c_str(), uid, gid) != 0)
        return io::system_error("chown", mount.source, errno);
    }
    Network network;
    if (!spec.link.network.empty()) {
      CHECK_OK(folder.keep_network(spec.link.network));
      TRY(network, networks_.enter(spec.link.network, spec.id));
    }
    record.cpus = choose_cpus(spec.limits.cpus, in_use(&WorkerRecord::cpus));
    record.gpus = choose_gpus(spec.limits.gpus, gpus_.numbers, gpus_in_use());
    if (!cgroups_.empty()) {
      TRY(record.cgroup, make_cgroup(cgroups_, cgroup_name(spec.id), spec.limits));
    }
    if (options_.sandbox) {
      CHECK_OK(prepare_sandbox(launch, spec, folder, mounts, uid, gid));
      if (network.user) {
        launch.user_namespace = network.user.fd();
        launch.command.insert(launch.command.begin(), {init_, "enter"});
      }
    } else {
      CHECK_OK(link_mounts(folder.at("ml"), spec.mounts));
      launch.command = {init_};
      launch.order = order_of(on_bare_host(with_gpus(spec, record.gpus), mounts),
                              with_host_paths("/home/worker", mounts), with_host_paths("/tmp", mounts));
    }
    for (int cpu : record.cpus) launch.order.emplace_back("cpu", std::to_string(cpu));

    launch.join = [&](const io::ProcessId& process) { return take_in(process, spec, record, network); };
    auto launched = run_launch(launch, folder);
    if (!launched) {
      remove_cgroup(record.cgroup);
      return std::move(launched).error();
    }
    auto worker =
        std::make_shared<ProcessWorker>(spec.id, folder, std::move(record), std::move(launched->process), watch_);
    watch_->reap(launched->child);
    follow(worker);
    log_.debug("{} started as process {} of user {}", spec.id, worker->record().process.pid, uid);
    return std::shared_ptr<Worker>(worker);
  }

  Outcome<TakeIn> link_host(const WorkerSpec& spec) override {
    if (geteuid() != 0) {
      return validation(
          "Several hosts in containers are linked by a server that runs as root: ask for one instance, or use an image "
          "of one of Clary's runtimes.");
    }
    CHECK_OK(WorkerFolder(options_.folder + "/" + spec.id).keep_network(spec.link.network));
    TRY(Network made, networks_.enter(spec.link.network, spec.id));
    auto network = std::make_shared<const Network>(std::move(made));
    return [this, network, address = own_address(spec)](const io::ProcessId& process) {
      return networks_.join(*network, process, address);
    };
  }

  std::shared_ptr<const GpuLoan> lend_gpus(const WorkerSpec& spec) override {
    std::lock_guard lock(start_mutex_);
    auto loan = std::make_shared<GpuLoan>();
    loan->numbers = choose_gpus(spec.limits.gpus, gpus_.numbers, gpus_in_use());
    loan->nodes = nodes_of(loan->numbers);
    loan->environment = gpu_environment(loan->numbers, true);
    std::erase_if(lent_, [](const auto& earlier) { return earlier.expired(); });
    lent_.push_back(loan);
    return loan;
  }

  Outcome<std::shared_ptr<Worker>> attach(const std::string& id) override {
    if (!is_worker_id(id)) return make_error(ErrorKind::not_found, "There is no worker {}.", id);
    std::lock_guard lock(start_mutex_);
    if (auto known = find(id)) return std::shared_ptr<Worker>(known);
    const WorkerFolder folder(options_.folder + "/" + id);
    TRY(WorkerRecord record, folder.record());
    const bool this_boot = record.boot == boot_;
    Outcome<io::File> process =
        this_boot ? io::open_process(record.process) : make_error(ErrorKind::not_found, "the machine was restarted");
    if (!process) {
      Usage usage;
      const Exit exit = how_it_ended(folder, record, usage);
      return std::shared_ptr<Worker>(std::make_shared<ProcessWorker>(id, folder, std::move(record), exit, usage));
    }
    auto worker = std::make_shared<ProcessWorker>(id, folder, std::move(record), *std::move(process), watch_);
    follow(worker);
    return std::shared_ptr<Worker>(worker);
  }

  void remove(const std::string& id) override {
    if (!is_worker_id(id)) return;
    const WorkerFolder folder(options_.folder + "/" + id);
    if (auto worker = attach(id); worker && !(*worker)->exit()) {
      (*worker)->kill();
      const auto& process = static_cast<ProcessWorker&>(**worker).process();
      if (!io::wait_for_end(process, std::chrono::seconds(10))) {
        log_.error("{} does not end although it was killed; its folder is left in place", id);
        return;
      }
    }
    const auto uid = folder.uid();
    const std::string network = folder.network();
    const auto record = folder.record();
    // A server that was killed while it started the worker left a cgroup and no record.
    remove_cgroup(record ? record->cgroup : cgroups_.empty() ? "" : cgroup_in(cgroups_, cgroup_name(id)));
    if (auto removed = folder.remove(); !removed) {
      log_.warn("the folder of {} could not be removed: {}", id, removed.error().detail);
      return;
    }
    if (uid) uids_.free(*uid);
    if (!network.empty()) networks_.leave(network, id);
    std::lock_guard lock(known_mutex_);
    known_.erase(id);
  }

  std::vector<std::string> ids() const override {
    std::vector<std::string> found;
    std::error_code code;
    for (std::filesystem::directory_iterator entry(options_.folder, code), end; !code && entry != end;
         entry.increment(code)) {
      if (std::string id = entry->path().filename(); is_worker_id(id)) found.push_back(std::move(id));
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  Outcome<unsigned> uid_of(const std::string& id) override {
    if (!is_worker_id(id)) return internal("'{}' is no worker's id", id);
    if (!own_users_) return geteuid();
    return uids_.of(id);
  }

 private:
  std::string cgroup_name(const std::string& id) const { return mark_ + "-" + id; }

  // The worker's own folders, and what the spec asks for; outer ones first.
  std::vector<Mount> all_mounts(const WorkerSpec& spec, const WorkerFolder& folder) const {
    std::vector<Mount> mounts{{folder.at("ml"), "/opt/ml", true},
                              {folder.at("tmp"), "/tmp", true},
                              {folder.at("home"), "/home/worker", true}};
    for (const Mount& mount : spec.mounts) {
      std::erase_if(mounts, [&](const Mount& own) { return own.target == mount.target; });
      mounts.push_back(mount);
    }
    std::stable_sort(mounts.begin(), mounts.end(), [](const Mount& a, const Mount& b) { return a.target < b.target; });
    return mounts;
  }

  Outcome<void> prepare_sandbox(Launch& launch, const WorkerSpec& spec, const WorkerFolder& folder,
                                std::vector<Mount> mounts, unsigned uid, unsigned gid) {
    SandboxPlan plan;
    plan.bwrap = bwrap_;
    plan.init = init_;
    plan.root = own_users_;
    plan.hostname = spec.hostname;
    plan.host_network = spec.host_network;
    plan.shared_memory = spec.limits.memory > 0 ? spec.limits.memory : host_share().memory / 2;
    plan.info_descriptor = Launch::info_descriptor;
    plan.mounts = std::move(mounts);
    TRY(plan.files, folder.make_files(spec, uid, gid, launch.record.cpus, spec.host_network));
    const bool forwards = spec.forwarder && !spec.host_network && !options_.socket.empty();
    const std::filesystem::path socket = options_.socket;
    if (forwards) plan.socket_folder = socket.parent_path();
    launch.in_sandbox = true;
    launch.order = order_of(with_gpus(spec, launch.record.gpus), "/home/worker", "/tmp");
    if (own_users_) {
      launch.order.emplace_back("uid", std::to_string(uid));
      launch.order.emplace_back("gid", std::to_string(gid));
    }
    plan.devices = nodes_of(launch.record.gpus);
    launch.command = sandbox_command(host_, plan);
    launch.order.emplace_back("processes", std::to_string(spec.limits.processes));
    if (forwards) {
      launch.order.emplace_back("port", std::to_string(options_.port));
      launch.order.emplace_back("socket", std::string(socket_folder_inside) + "/" + socket.filename().string());
    }
    return {};
  }

  WorkerSpec with_gpus(WorkerSpec spec, const std::vector<int>& gpus) const {
    spec.environment.merge(gpu_environment(gpus, options_.sandbox));
    return spec;
  }

  // On a host with GPUs every worker is told which are its own; where it sees no others they count from 0.
  std::map<std::string, std::string> gpu_environment(std::vector<int> gpus, bool sees_no_others) const {
    if (gpus_.numbers.empty()) return {};
    if (sees_no_others) std::iota(gpus.begin(), gpus.end(), 0);
    return {{"CUDA_VISIBLE_DEVICES", number_list(gpus)}, {"SM_NUM_GPUS", std::to_string(gpus.size())}};
  }

  std::vector<std::string> nodes_of(const std::vector<int>& gpus) const {
    std::vector<std::string> nodes;
    for (int number : gpus) nodes.push_back(options_.devices + "/nvidia" + std::to_string(number));
    if (!nodes.empty()) nodes.insert(nodes.end(), gpus_.nodes.begin(), gpus_.nodes.end());
    return nodes;
  }

  // What its first process becomes a part of before it is told what to run.
  Outcome<void> take_in(const io::ProcessId& process, const WorkerSpec& spec, const WorkerRecord& record,
                        const Network& network) const {
    if (!record.cgroup.empty()) CHECK_OK(enter_cgroup(record.cgroup, process.pid));
    if (network.net) CHECK_OK(networks_.join(network, process, own_address(spec)));
    return {};
  }

  // What all running workers were given, one after the other.
  std::vector<int> in_use(std::vector<int> WorkerRecord::*member) const {
    std::vector<int> numbers;
    std::lock_guard lock(known_mutex_);
    for (const auto& [id, weak] : known_) {
      auto worker = weak.lock();
      if (!worker || worker->exit()) continue;
      const auto& given = worker->record().*member;
      numbers.insert(numbers.end(), given.begin(), given.end());
    }
    return numbers;
  }

  // Those of running workers, and those of workers that another launcher is about to start.
  std::vector<int> gpus_in_use() const {
    std::vector<int> numbers = in_use(&WorkerRecord::gpus);
    for (const auto& weak : lent_) {
      if (auto loan = weak.lock()) numbers.insert(numbers.end(), loan->numbers.begin(), loan->numbers.end());
    }
    return numbers;
  }

  std::shared_ptr<ProcessWorker> find(const std::string& id) const {
    std::lock_guard lock(known_mutex_);
    auto found = known_.find(id);
    return found == known_.end() ? nullptr : found->second.lock();
  }

  void follow(const std::shared_ptr<ProcessWorker>& worker) {
    {
      std::lock_guard lock(known_mutex_);
      std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
      known_[worker->id()] = worker;
    }
    sampler_.add(worker);
    watch_->add(worker);
  }

  const LauncherOptions options_;
  const std::string bwrap_, init_;
  const bool own_users_;
  const std::string boot_;
  const HostLayout host_;
  const Gpus gpus_;
  const std::string mark_;
  const std::string cgroups_;  // empty: there are none
  Uids uids_;
  std::mutex start_mutex_;  // one start at a time: the choice of CPUs stands until the worker is known
  std::vector<std::weak_ptr<const GpuLoan>> lent_;
  mutable std::mutex known_mutex_;
  std::unordered_map<std::string, std::weak_ptr<ProcessWorker>> known_;
  std::shared_ptr<Watch> watch_ = std::make_shared<Watch>();
  Networks networks_;
  Sampler sampler_;
};

}  // namespace

Outcome<std::unique_ptr<Launcher>> open_process_launcher(const LauncherOptions& options) {
  CHECK_OK(io::make_folders(options.folder, 0700));
  const std::string init = init_on_host(options.init);
  if (!options.sandbox) {
    if (::access(init.c_str(), X_OK) != 0) return internal("there is no program {}", init);
    log_.warn(
        "the sandbox is off: jobs run as user {} with all that it may do, and share its files, processes and ports",
        geteuid());
    return std::unique_ptr<Launcher>(std::make_unique<ProcessLauncher>(options, "", init));
  }
  std::string lacks;
  for (const Lack& lack : sandbox_check(options))
    lacks += fmt::format("{}{}: {}", lacks.empty() ? "" : "; ", lack.what, lack.mend);
  if (!lacks.empty()) return make_error(ErrorKind::unavailable, "Jobs cannot be isolated on this host. {}", lacks);
  return std::unique_ptr<Launcher>(std::make_unique<ProcessLauncher>(options, *io::find_program(options.bwrap), init));
}

}  // namespace clary::workers
