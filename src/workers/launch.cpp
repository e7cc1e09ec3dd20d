#include "workers/launch.hpp"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/process.hpp"
#include "workers/handshake.hpp"
#include "workers/link.hpp"

namespace clary::workers {
namespace {

std::string order_text(const Launch& launch) {
  std::string text;
  for (const auto& [key, value] : launch.order) text += key + "=" + value + '\0';
  return text + "run" + '\0';
}

pid_t pid_in(const std::string& info) {
  const std::size_t at = info.find("\"child-pid\"");
  int pid = 0;
  return at != std::string::npos && std::sscanf(info.c_str() + at, "\"child-pid\" : %d", &pid) == 1 ? pid : 0;
}

// Our ends and the child, until the launch has succeeded: whatever goes wrong, nothing is left running.
class Attempt {
 public:
  Attempt(pid_t child, io::File errors) : child_(child), errors_(std::move(errors)) {}
  ~Attempt() {
    if (child_ == 0) return;
    if (process) io::send_signal(process, SIGKILL);
    // Its whole session: a shell that starts podman does not take that along.
    ::kill(-child_, SIGKILL);
    while (waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  pid_t succeed() { return std::exchange(child_, 0); }
  Error failure(const std::string& told) {
    // Whoever wrote the reason has ended or is about to be killed, so what is there after a moment is all.
    std::string reason =
        told.empty() ? read_until(errors_, "\n", std::chrono::steady_clock::now() + std::chrono::milliseconds(200))
                     : told;
    while (!reason.empty() && reason.back() == '\n') reason.pop_back();
    return internal("the worker did not start: {}", reason.empty() ? "no reason was given" : reason);
  }
  io::File process;

 private:
  pid_t child_;
  io::File errors_;
};

}  // namespace

std::vector<std::pair<std::string, std::string>> order_of(const WorkerSpec& spec, const std::string& home,
                                                          const std::string& temporary) {
  std::vector<std::pair<std::string, std::string>> order{{"directory", spec.working_directory}};
  for (const auto& argument : spec.command) order.emplace_back("arg", argument);
  std::map<std::string, std::string> environment{
      {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
      {"HOME", home},
      {"USER", "worker"},
      {"LOGNAME", "worker"},
      {"LANG", "C.UTF-8"},
      {"TMPDIR", temporary}};
  for (const auto& [name, value] : spec.environment) environment[name] = value;
  keep_from_proxy(spec.link, environment);
  for (const auto& [name, value] : environment) order.emplace_back("env", name + "=" + value);
  return order;
}

Outcome<Launched> run_launch(Launch& launch, const WorkerFolder& folder) {
  const Instant end = std::chrono::steady_clock::now() + launch.patience;
  TRY(io::File output, io::File::open(folder.output(), O_WRONLY | O_CREAT | O_APPEND, 0600));
  TRY(io::File exit_file, io::File::open(folder.at("exit"), O_WRONLY | O_CREAT | O_TRUNC, 0600));
  TRY(Ends errors, make_pipe());
  TRY(Ends info, make_pipe());
  TRY(Ends control, make_socket());
  io::Command command;
  command.arguments = launch.command;
  command.environment = launch.environment;
  command.new_session = true;
  command.descriptors = {-1, -1, errors.theirs.fd(), control.theirs.fd(), output.fd(), exit_file.fd()};
  // With both ends of the pipe bubblewrap can write there although we have died, and goes on: it would end instead, and leave clary-init waiting for
  // it for ever.
  if (launch.in_sandbox) command.descriptors.insert(command.descriptors.end(), {info.theirs.fd(), launch.user_namespace, info.ours.fd()});
  TRY(const pid_t child, io::spawn(command));
  Attempt attempt(child, std::move(errors.ours));
  errors.theirs = io::File();
  info.theirs = io::File();
  control.theirs = io::File();

  const pid_t pid = launch.in_sandbox ? pid_in(read_until(info.ours, "}\n", end)) : child;
  auto process = pid > 0 ? io::identify(pid) : std::nullopt;
  if (!process) return attempt.failure({});
  TRY(attempt.process, io::open_process(*process));
  launch.record.process = *process;
  CHECK_OK(folder.keep_record(launch.record));
  if (auto joined = launch.join ? launch.join(*process) : Outcome<void>(); !joined) {
    ::unlink(folder.at("record").c_str());
    return joined.error();
  }
  const bool sent = send_all(control.ours, order_text(launch));
  const std::string told = sent ? read_until(control.ours, "ready", end, attempt.process) : std::string();
  if (told != "ready") {
    ::unlink(folder.at("record").c_str());
    return attempt.failure(told);
  }
  return Launched{attempt.succeed(), std::move(attempt.process)};
}

}  // namespace clary::workers
