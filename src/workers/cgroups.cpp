#include "workers/cgroups.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <sched.h>
#include <sstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "io/file.hpp"

namespace clary::workers {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> words_in(const std::string& path) {
  const auto text = io::read_file(path, 1024 * 1024);
  std::istringstream words(text ? *text : std::string());
  std::vector<std::string> found;
  for (std::string word; words >> word;) found.push_back(word);
  return found;
}

bool has(const std::vector<std::string>& words, const std::string& wanted) {
  return std::find(words.begin(), words.end(), wanted) != words.end();
}

// A file of the cgroup file system takes each value by one write; the error is the kernel's answer.
int put(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int code = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : errno;
  ::close(fd);
  return code;
}

std::uint64_t value_after(const std::string& path, const std::string& name) {
  const auto words = words_in(path);
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == name) return std::strtoull(words[i + 1].c_str(), nullptr, 10);
  }
  return 0;
}

Outcome<void> move_server_down(const std::string& own, pid_t server) {
  const auto inside = words_in(own + "/cgroup.procs");
  if (inside != std::vector<std::string>{std::to_string(server)})
    return internal("other processes share the server's cgroup {}", own);
  const std::string leaf = own + "/" + server_leaf;
  if (::mkdir(leaf.c_str(), 0755) != 0 && errno != EEXIST) return io::system_error("mkdir", leaf, errno);
  if (const int code = put(leaf + "/cgroup.procs", std::to_string(server)))
    return io::system_error("write", leaf + "/cgroup.procs", code);
  return {};
}

}  // namespace

const char* const server_leaf = "clary-server";

std::string own_cgroup() {
  const auto mounts = io::read_file("/proc/self/mountinfo", 4 << 20),
             groups = io::read_file("/proc/self/cgroup", 65536);
  if (!mounts || !groups) return {};
  std::string path;
  std::istringstream own(*groups);
  for (std::string line; std::getline(own, line);) {
    if (line.compare(0, 3, "0::") == 0) path = line.substr(3);
  }
  if (path.empty() || path.find("/..") != std::string::npos) return {};
  std::istringstream lines(*mounts);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(" - cgroup2 ") == std::string::npos) continue;
    std::istringstream fields(line);
    std::string id, parent, device, root, target;
    fields >> id >> parent >> device >> root >> target;
    if (root != "/" && path.compare(0, root.size(), root) == 0) path = path.substr(root.size());
    return path == "/" ? target : target + path;
  }
  return {};
}

Outcome<std::string> open_cgroups(const std::string& own, pid_t server) {
  if (own.empty()) return internal("no cgroup v2 file system is mounted");
  const std::filesystem::path folder = own;
  const std::string parent = folder.filename() == server_leaf ? folder.parent_path().string() : own;
  const auto controllers = words_in(parent + "/cgroup.controllers");
  if (!has(controllers, "memory")) return internal("cgroup {} has no memory controller", parent);
  for (const char* file : {"", "/cgroup.procs", "/cgroup.subtree_control"}) {
    if (::access((parent + file).c_str(), W_OK) != 0) return internal("cgroup {} is not delegated to us", parent);
  }
  const std::string control = parent + "/cgroup.subtree_control";
  std::string wanted;
  for (const char* name : {"memory", "cpu", "pids"}) {
    if (has(controllers, name) && !has(words_in(control), name))
      wanted += std::string(wanted.empty() ? "+" : " +") + name;
  }
  if (wanted.empty()) return parent;
  int code = put(control, wanted);
  // A cgroup that gives controllers to others must have no processes itself.
  if (code == EBUSY) {
    CHECK_OK(move_server_down(parent, server));
    code = put(control, wanted);
  }
  if (code != 0) return io::system_error("write", control, code);
  return parent;
}

std::string cgroup_in(const std::string& parent, const std::string& worker) {
  return parent + "/worker-" + worker;
}

Outcome<std::string> make_cgroup(const std::string& parent, const std::string& worker, const Limits& limits) {
  std::string cgroup = cgroup_in(parent, worker);
  if (io::exists(cgroup) && !remove_cgroup(cgroup))
    return internal("what runs in the cgroup {} of an earlier worker does not end", cgroup);
  if (::mkdir(cgroup.c_str(), 0755) != 0 && errno != EEXIST) return io::system_error("mkdir", cgroup, errno);
  const auto set = [&](const char* file, const std::string& text) { return put(cgroup + "/" + file, text); };
  if (limits.memory > 0) {
    if (const int code = set("memory.max", std::to_string(limits.memory)))
      return io::system_error("write", cgroup + "/memory.max", code);
    // Absent where the kernel does not account for swap: then the sampled limit has to do for it.
    set("memory.swap.max", "0");
    // All of it or nothing: half a job that goes on without its other half is no help.
    set("memory.oom.group", "1");
  }
  cpu_set_t all;
  if (limits.cpus > 0 && sched_getaffinity(0, sizeof all, &all) == 0 && limits.cpus < CPU_COUNT(&all))
    set("cpu.max", fmt::format("{} 100000", std::llround(limits.cpus * 100000)));
  // Beside the job's own: clary-init and the forwarder.
  if (limits.processes > 0) set("pids.max", std::to_string(limits.processes + 2));
  return cgroup;
}

Outcome<void> enter_cgroup(const std::string& cgroup, pid_t process) {
  if (const int code = put(cgroup + "/cgroup.procs", std::to_string(process)))
    return io::system_error("write", cgroup + "/cgroup.procs", code);
  return {};
}

bool remove_cgroup(const std::string& cgroup) {
  if (cgroup.empty()) return true;
  const auto end = std::chrono::steady_clock::now() + 2s;
  // Processes that are ending still count for a moment.
  while (::rmdir(cgroup.c_str()) != 0 && errno == EBUSY) {
    if (std::chrono::steady_clock::now() > end) return false;
    put(cgroup + "/cgroup.kill", "1");
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

std::optional<CgroupUse> use_of_cgroup(const std::string& cgroup) {
  if (cgroup.empty() || !io::exists(cgroup + "/cpu.stat")) return std::nullopt;
  CgroupUse use;
  use.cpu_seconds = static_cast<double>(value_after(cgroup + "/cpu.stat", "usage_usec")) / 1e6;
  const std::string memory = cgroup + "/memory.stat";
  for (const char* part : {"anon", "shmem", "kernel"}) use.memory += value_after(memory, part);
  return use;
}

bool ran_out_of_memory(const std::string& cgroup) {
  return !cgroup.empty() && value_after(cgroup + "/memory.events", "oom_kill") > 0;
}

}  // namespace clary::workers
