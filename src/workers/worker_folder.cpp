#include "workers/worker_folder.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include "workers/link.hpp"
#include "workers/log.hpp"
#include "workers/placement.hpp"

namespace clary::workers {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;
constexpr mode_t kept_mode = 0640;  // of what the server alone reads

void open_folders(const std::string& path) {
  std::error_code code;
  ::chmod(path.c_str(), 0700);
  for (fs::directory_iterator entry(path, code), end; !code && entry != end; entry.increment(code)) {
    if (!entry->is_symlink(code) && entry->is_directory(code)) open_folders(entry->path());
  }
}

}  // namespace

Outcome<void> replace_file(const std::string& path, std::string_view text, mode_t mode) {
  const std::string fresh = path + ".new";
  {
    TRY(io::File file, io::File::open(fresh, O_WRONLY | O_CREAT | O_TRUNC, mode));
    // The files that are bound into the sandbox are read there by another uid, whatever the server's umask.
    fchmod(file.fd(), mode);
    CHECK_OK(file.write_all(text));
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) return io::system_error("rename", path, errno);
  return {};
}

bool is_worker_id(const std::string& id) {
  const auto allowed = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
  };
  return !id.empty() && id.size() <= 200 && id != "." && id != ".." && std::all_of(id.begin(), id.end(), allowed);
}

std::string mark_of(const std::string& workers_folder) {
  std::error_code code;
  const std::string path = fs::weakly_canonical(workers_folder, code).string();
  std::uint32_t hash = 2166136261U;  // FNV-1a: two data folders of one host, not an opponent
  for (const char c : path) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return fmt::format("{:08x}", hash);
}

Outcome<void> WorkerFolder::make_parts(unsigned uid, unsigned gid) const {
  for (const char* name : {"ml", "tmp", "home"}) {
    const std::string part = at(name);
    CHECK_OK(io::make_folders(part, 0750));
    if (geteuid() == 0 && ::chown(part.c_str(), uid, gid) != 0) return io::system_error("chown", part, errno);
    if (::chmod(part.c_str(), std::string_view(name) == "tmp" ? 01777 : 0755) != 0)
      return io::system_error("chmod", part, errno);
  }
  return {};
}

Outcome<std::vector<Mount>> WorkerFolder::make_files(const WorkerSpec& spec, unsigned uid, unsigned gid,
                                                     const std::vector<int>& cpus, bool host_network) const {
  CHECK_OK(io::make_folders(at("etc"), 0755));
  std::vector<Mount> mounts;
  const auto add = [&](const std::string& name, const std::string& target, const std::string& text) -> Outcome<void> {
    CHECK_OK(replace_file(at("etc/" + name), text, 0644));
    mounts.push_back({at("etc/" + name), target, false});
    return {};
  };
  CHECK_OK(
      add("passwd", "/etc/passwd",
          fmt::format("root:x:0:0:root:/nonexistent:/usr/sbin/nologin\nworker:x:{}:{}:worker:/home/worker:/bin/sh\n"
                      "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
                      uid, gid)));
  CHECK_OK(add("group", "/etc/group", fmt::format("root:x:0:\nworker:x:{}:\nnogroup:x:65534:\n", gid)));
  CHECK_OK(add("hostname", "/etc/hostname", spec.hostname + "\n"));
  CHECK_OK(add("hosts", "/etc/hosts", hosts_file(spec)));
  // No name server is reachable from a network of one's own: names fail at once instead of after five seconds each.
  std::string resolv = "options timeout:1 attempts:1\n";
  if (host_network) {
    if (auto text = io::read_file("/etc/resolv.conf", 65536)) resolv = *text;
  }
  CHECK_OK(add("resolv.conf", "/etc/resolv.conf", resolv));
  if (!cpus.empty()) CHECK_OK(add("cpus", "/sys/devices/system/cpu/online", number_list(cpus) + "\n"));
  return mounts;
}

std::optional<unsigned> WorkerFolder::uid() const {
  auto text = io::read_file(at("uid"), 64);
  unsigned uid = 0;
  if (!text || std::sscanf(text->c_str(), "%u", &uid) != 1) return std::nullopt;
  return uid;
}

std::string WorkerFolder::network() const {
  auto text = io::read_file(at("network"), 256);
  return text && is_worker_id(*text) ? *text : std::string();
}

Outcome<void> WorkerFolder::keep_network(const std::string& name) const {
  return replace_file(at("network"), name, kept_mode);
}

Outcome<void> WorkerFolder::keep_uid(unsigned uid) const {
  return replace_file(at("uid"), std::to_string(uid) + "\n", kept_mode);
}

Outcome<void> WorkerFolder::keep_record(const WorkerRecord& record) const {
  json::object text{{"boot", record.boot},
                    {"pid", record.process.pid},
                    {"start_time", record.process.start_time},
                    {"sandboxed", record.sandboxed},
                    {"cpus", json::value_from(record.cpus)},
                    {"gpus", json::value_from(record.gpus)},
                    {"cgroup", record.cgroup},
                    {"cpu_limit", record.limits.cpus},
                    {"memory_limit", record.limits.memory},
                    {"disk_limit", record.limits.disk},
                    {"process_limit", record.limits.processes},
                    {"writable", json::value_from(record.writable)}};
  return replace_file(at("record"), json::serialize(text), kept_mode);
}

Outcome<WorkerRecord> WorkerFolder::record() const {
  TRY(std::string text, io::read_file(at("record"), 1024 * 1024));
  try {
    const json::value value = json::parse(text);
    WorkerRecord record;
    record.boot = value.at("boot").as_string();
    record.process.pid = value.at("pid").to_number<pid_t>();
    record.process.start_time = value.at("start_time").to_number<std::uint64_t>();
    record.sandboxed = value.at("sandboxed").as_bool();
    record.cpus = json::value_to<std::vector<int>>(value.at("cpus"));
    const json::object& members = value.as_object();
    if (const auto* gpus = members.if_contains("gpus")) record.gpus = json::value_to<std::vector<int>>(*gpus);
    if (const auto* cgroup = members.if_contains("cgroup")) record.cgroup = cgroup->as_string();
    record.limits.cpus = value.at("cpu_limit").to_number<double>();
    record.limits.memory = value.at("memory_limit").to_number<std::uint64_t>();
    record.limits.disk = value.at("disk_limit").to_number<std::uint64_t>();
    record.limits.processes = value.at("process_limit").to_number<std::uint64_t>();
    record.writable = json::value_to<std::vector<std::string>>(value.at("writable"));
    return record;
  } catch (const std::exception& broken) {
    return internal("the worker's record {} cannot be read: {}", at("record"), broken.what());
  }
}

void WorkerFolder::keep_killed(const Exit& exit) const {
  const char* how = exit.kind == Exit::Kind::out_of_memory ? "out_of_memory"
                    : exit.kind == Exit::Kind::out_of_disk ? "out_of_disk"
                                                           : "signalled";
  if (auto kept = replace_file(at("killed"), fmt::format("{} {}\n", how, exit.signal), kept_mode); !kept) {
    log_.warn("{}: why it was killed could not be written: {}", path_, kept.error().detail);
  }
}

bool WorkerFolder::says_killed() const {
  return io::exists(at("killed"));
}

Exit WorkerFolder::read_exit(Usage& usage) const {
  for (const char* name : {"exit", "killed"}) {
    auto text = io::read_file(at(name), 4096);
    if (!text) continue;
    char how[32] = {};
    int number = 0;
    long long micros = 0, largest = 0;
    const int fields = std::sscanf(text->c_str(), "%31s %d %lld %lld", how, &number, &micros, &largest);
    if (fields < 2) continue;
    if (fields == 4) {
      usage.cpu_seconds = std::max(usage.cpu_seconds, static_cast<double>(micros) / 1e6);
      usage.peak_memory = std::max(usage.peak_memory, static_cast<std::uint64_t>(largest) * 1024);
    }
    const std::string_view kind = how;
    if (kind == "exited") return {Exit::Kind::exited, number, 0};
    if (kind == "signalled") return {Exit::Kind::signalled, 0, number};
    if (kind == "out_of_memory") return {Exit::Kind::out_of_memory, 0, number};
    if (kind == "out_of_disk") return {Exit::Kind::out_of_disk, 0, number};
  }
  return {Exit::Kind::lost, 0, 0};
}

Outcome<void> WorkerFolder::remove() const {
  if (geteuid() != 0) open_folders(path_);
  return io::remove_tree(path_);
}

}  // namespace clary::workers
