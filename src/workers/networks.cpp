#include "workers/networks.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "workers/handshake.hpp"
#include "workers/link.hpp"
#include "workers/log.hpp"
#include "workers/worker_folder.hpp"

namespace clary::workers {
namespace {

namespace fs = std::filesystem;

// Nothing: it could not be read, which must not be taken for an empty one.
std::optional<std::vector<std::string>> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code code;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
    names.push_back(entry->path().filename());
  }
  if (code && code != std::errc::no_such_file_or_directory) return std::nullopt;
  return names;
}

std::string without_newline(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

Networks::Networks(const std::string& workers, std::string init, std::function<void(pid_t)> reap)
    : root_(fs::path(workers).parent_path() / "networks"), init_(std::move(init)), reap_(std::move(reap)) {
  clear_left_over(workers);
}

Outcome<Network> Networks::enter(const std::string& name, const std::string& worker) {
  std::lock_guard lock(mutex_);
  CHECK_OK(io::make_folders(at(name, "/hosts"), 0700));
  CHECK_OK(io::File::open(at(name, "/hosts/") + worker, O_WRONLY | O_CREAT, 0600));
  auto found = holder(name);
  if (!found) found = make(name);
  if (!found) return std::move(found).error();
  Network network;
  TRY(network.net, open_namespace(*found, "net"));
  if (geteuid() != 0) {
    TRY(network.user, open_namespace(*found, "user"));
  }
  return network;
}

Outcome<io::ProcessId> Networks::holder(const std::string& name) const {
  TRY(const std::string text, io::read_file(at(name, "/record"), 4096));
  io::ProcessId process;
  char boot[256] = {};
  if (std::sscanf(text.c_str(), "%d %lu %255s", &process.pid, &process.start_time, boot) != 3 ||
      boot != io::boot_id()) {
    return make_error(ErrorKind::not_found, "The network {} is of another boot.", name);
  }
  CHECK_OK(io::open_process(process));
  return process;
}

Outcome<io::ProcessId> Networks::make(const std::string& name) {
  TRY(Ends control, make_socket());
  io::Command command;
  command.arguments = {init_, "hold", root_ + "/" + name};  // the last for those who read `ps`
  command.new_session = true;
  command.descriptors = {-1, -1, -1, control.theirs.fd()};
  TRY(const pid_t child, io::spawn(command));
  control.theirs = io::File();
  const auto process = io::identify(child);
  auto begin = [&]() -> Outcome<void> {
    if (!process) return internal("its process ended at once");
    CHECK_OK(replace_file(at(name, "/record"),
                          fmt::format("{} {} {}\n", process->pid, process->start_time, io::boot_id()), 0600));
    if (!send_all(control.ours, "go")) return internal("its process does not listen");
    const std::string told = read_until(control.ours, "ready", std::chrono::steady_clock::now() + handshake_patience);
    if (told != "ready") return internal("{}", told.empty() ? "its process gave no reason" : told);
    return {};
  };
  if (auto begun = begin(); !begun) {
    ::kill(child, SIGKILL);
    while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    ::unlink(at(name, "/record").c_str());
    const Error& why = begun.error();
    return make_error(ErrorKind::unavailable, "A network for the job's hosts cannot be made on this host: {}",
                      why.detail.empty() ? why.message : why.detail);
  }
  reap_(child);
  log_.debug("the network {} is held by process {}", name, child);
  return *process;
}

Outcome<void> Networks::join(const Network& network, const io::ProcessId& process, const std::string& address) const {
  TRY(const io::File worker, open_namespace(process, "net"));
  io::Command command;
  command.arguments = {init_, "join", address, std::to_string(network_prefix)};
  command.descriptors = {-1, -1, -1, network.user.fd(), network.net.fd(), worker.fd()};
  TRY(const io::Finished finished, io::run(command, handshake_patience));
  if (finished.code == 0) return {};
  return internal("the worker could not join its network: {}", without_newline(finished.output));
}

void Networks::leave(const std::string& name, const std::string& worker) {
  std::lock_guard lock(mutex_);
  ::unlink((at(name, "/hosts/") + worker).c_str());
  end_if_unused(name);
}

void Networks::end_if_unused(const std::string& name) {
  const auto hosts = names_in(at(name, "/hosts"));
  if (!hosts) log_.warn("the hosts of the network {} cannot be read, so it stays", name);
  if (!hosts || !hosts->empty()) return;
  if (const auto found = holder(name)) {
    if (const auto process = io::open_process(*found)) {
      io::send_signal(*process, SIGKILL);
      if (!io::wait_for_end(*process, std::chrono::seconds(10))) {
        log_.error("process {} of the network {} does not end although it was killed", found->pid, name);
        return;
      }
    }
  }
  if (auto removed = io::remove_tree(root_ + "/" + name); !removed) {
    log_.warn("the folder of the network {} could not be removed: {}", name, removed.error().detail);
  }
}

void Networks::clear_left_over(const std::string& workers) {
  std::lock_guard lock(mutex_);
  for (const std::string& name : names_in(root_).value_or(std::vector<std::string>{})) {
    for (const std::string& worker : names_in(at(name, "/hosts")).value_or(std::vector<std::string>{})) {
      if (!io::exists(workers + "/" + worker)) ::unlink((at(name, "/hosts/") + worker).c_str());
    }
    end_if_unused(name);
  }
}

}  // namespace clary::workers
