#include "workers/sandbox.hpp"

#include <filesystem>
#include <set>

#include "io/process.hpp"

namespace clary::workers {

namespace fs = std::filesystem;

const char* const init_inside = "/run/clary/clary-init";
const char* const socket_folder_inside = "/run/clary/server";

std::string init_on_host(const std::string& given) {
  return given.empty() ? io::program_folder() + "/clary-init" : given;
}

HostLayout look_at_host() {
  HostLayout host;
  std::error_code code;
  for (const char* name : {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
    if (fs::is_symlink(name, code)) {
      host.links.emplace_back(name, fs::read_symlink(name, code));
    } else if (fs::is_directory(name, code)) {
      host.folders.emplace_back(name);
    }
  }
  for (const char* name :
       {"alternatives",    "ca-certificates",  "fonts",      "gai.conf",       "ld.so.cache",
        "ld.so.conf",      "ld.so.conf.d",     "localtime",  "magic",          "magic.mime",
        "mime.types",      "nsswitch.conf",    "os-release", "debian_version", "pki/ca-trust/extracted",
        "pki/tls/certs",   "pki/tls/cert.pem", "protocols",  "services",       "ssl/certs",
        "ssl/openssl.cnf", "timezone"}) {
    const std::string path = std::string("/etc/") + name;
    if (fs::exists(path, code)) host.etc.push_back(path);
  }
  return host;
}

namespace {

class CommandLine {
 public:
  explicit CommandLine(std::string program) : words_{std::move(program)} {}
  void add(std::initializer_list<std::string> words) { words_.insert(words_.end(), words); }
  // A mount or file at `target`. Its parents are named one by one: bubblewrap would make them for root alone.
  void add_at(std::initializer_list<std::string> words, const std::string& target) {
    for (std::size_t at = target.find('/', 1); at != std::string::npos; at = target.find('/', at + 1)) {
      if (std::string parent = target.substr(0, at); made_.insert(parent).second) add({"--dir", parent});
    }
    add(words);
    made_.insert(target);
  }
  void bind(const Mount& mount) {
    add_at({mount.writable ? "--bind" : "--ro-bind", mount.source, mount.target}, mount.target);
  }
  std::vector<std::string> words() && { return std::move(words_); }

 private:
  std::vector<std::string> words_;
  std::set<std::string> made_;
};

}  // namespace

std::vector<std::string> sandbox_command(const HostLayout& host, const SandboxPlan& plan) {
  CommandLine line(plan.bwrap);
  if (plan.root) {
    // clary-init needs these to drop to the worker's uid, and has none of them when the command starts.
    line.add({"--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"});
  } else {
    line.add({"--unshare-user", "--disable-userns"});
  }
  line.add({"--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"});
  if (!plan.host_network) line.add({"--unshare-net"});
  line.add({"--hostname", plan.hostname, "--as-pid-1", "--info-fd", std::to_string(plan.info_descriptor)});
  for (const auto& folder : host.folders) line.bind({folder, folder, false});
  for (const auto& [link, target] : host.links) line.add({"--symlink", target, link});
  for (const auto& path : host.etc) line.add_at({"--ro-bind-try", path, path}, path);
  line.add({"--proc", "/proc", "--dev", "/dev"});
  line.add({"--perms", "1777", "--size", std::to_string(plan.shared_memory), "--tmpfs", "/dev/shm"});
  for (const auto& device : plan.devices)
    line.add({"--dev-bind", device, "/dev/" + fs::path(device).filename().string()});
  line.add({"--dir", "/run", "--dir", "/var", "--symlink", "/run", "/var/run", "--symlink", "/tmp", "/var/tmp"});
  for (const auto& file : plan.files) line.bind(file);
  for (const auto& mount : plan.mounts) line.bind(mount);
  line.bind({plan.init, init_inside, false});
  if (!plan.socket_folder.empty()) line.bind({plan.socket_folder, socket_folder_inside, false});
  // The root itself is memory: a worker must not fill it.
  line.add({"--remount-ro", "/", "--", init_inside});
  return std::move(line).words();
}

}  // namespace clary::workers
