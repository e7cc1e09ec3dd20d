#include "workers/sampler.hpp"

#include <algorithm>
#include <signal.h>

#include "workers/cgroups.hpp"
#include "workers/process_worker.hpp"
#include "workers/usage.hpp"

namespace clary::workers {
namespace {

using namespace std::chrono_literals;

std::string in_mib(std::uint64_t bytes) {
  return fmt::format("{} MiB", bytes >> 20);
}

void check_processes(ProcessWorker& worker, const std::vector<ProcessSample>& tree) {
  const auto limit = worker.record().limits.processes;
  // Inside a sandbox the kernel holds this bound (RLIMIT_NPROC); without one it would count all of the user's
  // processes.
  if (worker.record().sandboxed || limit == 0 || tree.size() <= limit) return;
  worker.kill_as({Exit::Kind::signalled, 0, SIGKILL}, fmt::format("it has more than its {} processes", limit));
}

std::uint64_t memory_of(const std::vector<ProcessSample>& tree, std::uint64_t limit) {
  std::uint64_t resident = shared_memory_files(tree);
  for (const auto& process : tree) resident += process.resident;
  // What several processes share counts once for each here: only when that is near the limit is the slow exact look
  // worth its time.
  return limit == 0 || resident < limit / 10 * 9 ? resident : held_memory(tree);
}

void check_memory(ProcessWorker& worker, std::uint64_t memory) {
  const auto limit = worker.record().limits.memory;
  if (limit == 0 || memory <= limit) return;
  worker.kill_as({Exit::Kind::out_of_memory, 0, SIGKILL},
                 fmt::format("it used {} of memory, its limit is {}", in_mib(memory), in_mib(limit)));
}

void check_disk(ProcessWorker& worker, std::uint64_t disk) {
  const auto limit = worker.record().limits.disk;
  if (limit == 0 || disk <= limit) return;
  worker.kill_as({Exit::Kind::out_of_disk, 0, SIGKILL},
                 disk == uncountable
                     ? "its folders are nested too deep to count what they hold"
                     : fmt::format("it used {} of the disk, its limit is {}", in_mib(disk), in_mib(limit)));
}

}  // namespace

Sampler::Sampler(std::uint64_t output_limit) : output_limit_(output_limit), thread_([this] { run(); }) {}

Sampler::~Sampler() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  news_.notify_all();
  thread_.join();
}

void Sampler::add(const std::shared_ptr<ProcessWorker>& worker) {
  {
    std::lock_guard lock(mutex_);
    added_.push_back({worker, 0, Clock::now()});
  }
  news_.notify_all();
}

void Sampler::look_at_gpus(const std::vector<Entry>& entries) {
  const bool wanted = std::any_of(entries.begin(), entries.end(), [](const Entry& entry) {
    auto worker = entry.worker.lock();
    return worker && !worker->record().gpus.empty();
  });
  const auto before = Clock::now();
  if (!wanted || before < next_gpus_) return;
  gpus_ = meter_.look();
  const auto after = Clock::now();
  next_gpus_ = after + std::max<Clock::duration>(1s, 50 * (after - before));
}

Sampler::Clock::duration Sampler::look_at_disk(const ProcessWorker& worker, const std::vector<ProcessSample>& tree,
                                               Entry& entry) {
  const auto before = Clock::now();
  if (before < entry.next_disk) return {};
  entry.disk = std::min(disk_use(worker.record().writable) + unnamed_files(tree, worker.folder()), uncountable);
  const auto took = Clock::now() - before;
  entry.next_disk = before + took + std::max<Clock::duration>(500ms, 50 * took);
  return took;
}

Sampler::Clock::duration Sampler::look(std::vector<Entry>& entries) {
  Clock::duration at_disks{};
  const ProcessTable table = scan_processes();
  for (Entry& entry : entries) {
    auto worker = entry.worker.lock();
    if (!worker || worker->exit()) continue;
    const auto& record = worker->record();
    ProcessSample root;
    root.pid = record.process.pid;
    const auto tree = tree_of(table, root);
    Usage usage;
    const auto counted = use_of_cgroup(record.cgroup);
    if (counted) {
      usage.cpu_seconds = counted->cpu_seconds;
      usage.memory = counted->memory;
    } else {
      for (const auto& process : tree) usage.cpu_seconds += process.cpu_seconds;
      usage.memory = memory_of(tree, record.limits.memory);
    }
    at_disks += look_at_disk(*worker, tree, entry);
    const GpuUse gpu = together(gpus_, record.gpus);
    usage.gpu_percent = gpu.percent;
    usage.gpu_memory = gpu.memory;
    usage.disk = entry.disk;
    // First: of a worker that has ended nothing more is taken.
    worker->sampled(usage);
    if (!counted) check_memory(*worker, usage.memory);
    check_processes(*worker, tree);
    check_disk(*worker, entry.disk);
    if (output_limit_ > 0 && file_use(worker->output_path()) > output_limit_) {
      worker->kill_as({Exit::Kind::out_of_disk, 0, SIGKILL},
                      fmt::format("its output is over {}", in_mib(output_limit_)));
    }
  }
  return at_disks;
}

void Sampler::run() {
  std::vector<Entry> entries;
  Clock::duration pause = 250ms;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      const auto news = [this] { return ending_ || !added_.empty(); };
      if (entries.empty()) {
        news_.wait(lock, news);
      } else {
        news_.wait_for(lock, pause, [this] { return ending_; });
      }
      if (ending_) return;
      std::move(added_.begin(), added_.end(), std::back_inserter(entries));
      added_.clear();
    }
    std::erase_if(entries, [](const Entry& entry) {
      auto worker = entry.worker.lock();
      return !worker || worker->exit();
    });
    if (entries.empty()) continue;
    const auto before = Clock::now();
    look_at_gpus(entries);
    const auto at_disks = look(entries);
    pause = std::max<Clock::duration>(250ms, 20 * (Clock::now() - before - at_disks));
  }
}

}  // namespace clary::workers
