// clary-init: the first process of a worker. It drops to the worker's uid, brings up the forwarder, runs the command,
// passes SIGTERM on, buries orphans, and when the command ends writes how it ended and takes all the rest along. Inside
// the sandbox it is pid 1, so its own end ends every process there. Without a sandbox it adopts orphans (child
// subreaper) and kills them itself. Descriptors: 3 the control socket (see order.hpp), 4 the output file, 5 the exit
// file: nothing that the command could write to. Its other roles, for networks of hosts, are in network.hpp.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "init/forwarder.hpp"
#include "init/network.hpp"
#include "init/order.hpp"

namespace clary::init {
namespace {

constexpr int output = 4, exit_file = 5;
constexpr int kill_all = SIGUSR1;  // without a sandbox: end the whole tree now

[[noreturn]] void refuse(const char* what) {
  // To the launcher, which tells it as the reason why the worker did not start.
  dprintf(control, "%s: %s", what, std::strerror(errno));
  _exit(125);
}

void drop_privileges(const Order& order) {
  // The server's session keyring would come along: a worker gets an empty one of its own.
  syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr);
  // From here on no process of the same uid can look into this one: not its memory, not its descriptors.
  prctl(PR_SET_DUMPABLE, 0);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) refuse("no_new_privs");
  if (!order.uid) return;
  for (int capability = 0; capability <= 63; ++capability) prctl(PR_CAPBSET_DROP, capability);
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (setgroups(0, nullptr) != 0) refuse("setgroups");
  if (setresgid(order.gid, order.gid, order.gid) != 0) refuse("setresgid");
  if (setresuid(*order.uid, *order.uid, *order.uid) != 0) refuse("setresuid");
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2] = {};
  if (syscall(SYS_capset, &header, none) != 0) refuse("capset");
  prctl(PR_SET_DUMPABLE, 0);
}

void bound(int resource, rlim_t soft) {
  rlimit now{};
  getrlimit(resource, &now);
  const rlim_t hard = now.rlim_max < soft ? now.rlim_max : soft;
  const rlimit wanted{hard, hard};
  setrlimit(resource, &wanted);
}

// A host that runs out of memory shall lose a job, not its server. Before privileges are dropped: then this file is
// closed to us.
void offer_to_oom_killer() {
  const int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  (void)!write(fd, "500", 3);
  close(fd);
}

void set_affinity(const std::vector<int>& cpus) {
  if (cpus.empty()) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int cpu : cpus) {
    if (cpu < CPU_SETSIZE) CPU_SET(cpu, &set);
  }
  sched_setaffinity(0, sizeof set, &set);
}

[[noreturn]] void become(const Order& order) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  setsid();
  umask(022);
  bound(RLIMIT_CORE, 0);
  bound(RLIMIT_NOFILE, 65536);
  if (order.processes > 0) bound(RLIMIT_NPROC, order.processes);
  if (chdir(order.working_directory.c_str()) != 0) {
    dprintf(2, "clary-init: cannot enter %s: %s\n", order.working_directory.c_str(), std::strerror(errno));
    _exit(126);
  }
  std::vector<char*> arguments, environment;
  if (order.inherit) {
    for (const auto& text : order.environment) putenv(const_cast<char*>(text.c_str()));
    for (char** entry = environ; *entry != nullptr; ++entry) environment.push_back(*entry);
  }
  for (const auto& text : order.arguments) arguments.push_back(const_cast<char*>(text.c_str()));
  if (!order.inherit) {
    for (const auto& text : order.environment) environment.push_back(const_cast<char*>(text.c_str()));
  }
  arguments.push_back(nullptr);
  environment.push_back(nullptr);
  // A name without a slash is looked up on our PATH, which is the command's where it inherits ours.
  execvpe(arguments[0], arguments.data(), environment.data());
  const int code = errno;
  dprintf(2, "clary-init: cannot run %s: %s\n", arguments[0], std::strerror(code));
  _exit(code == ENOENT ? 127 : 126);
}

// A way in or out of the sandbox, kept up by a process of its own.
struct Way {
  int listener = -1;
  std::string socket;  // leads there, or
  int port = 0;        // to this port
  pid_t process = -1;
};

pid_t start_forwarder(const Way& way) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_NAME, "clary-forwarder");
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // A process group of its own: what the command sends to its group does not reach it.
  setpgid(0, 0);
  close(control);
  close(output);
  close(exit_file);
  bound(RLIMIT_NOFILE, 65536);
  if (way.port > 0) forward(way.listener, way.port);
  forward(way.listener, way.socket);
}

// "exited 0 1234567 89123": how, with which code or signal, CPU microseconds, the largest process's KiB.
void record(const char* how, int number) {
  rusage used{};
  getrusage(RUSAGE_CHILDREN, &used);
  const long long micros =
      (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000LL + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
  char text[128];
  const int size = std::snprintf(text, sizeof text, "%s %d %lld %ld\n", how, number, micros, used.ru_maxrss);
  if (write(exit_file, text, static_cast<std::size_t>(size)) == size) fdatasync(exit_file);
}

void record(int status) {
  if (WIFSIGNALED(status)) return record("signalled", WTERMSIG(status));
  record("exited", WEXITSTATUS(status));
}

// Every descendant: as pid 1 the kernel does it when we end; as a subreaper each round kills our children and inherits
// theirs.
void kill_descendants() {
  if (getpid() == 1) return;
  for (int round = 0; round < 100000; ++round) {
    if (FILE* list = std::fopen("/proc/thread-self/children", "re")) {
      int pid = 0;
      while (std::fscanf(list, "%d", &pid) == 1) kill(pid, SIGKILL);
      std::fclose(list);
    }
    if (waitpid(-1, nullptr, 0) < 0 && errno == ECHILD) return;
  }
}

int supervise(const Order& order, std::vector<Way> ways, const sigset_t& signals) {
  for (Way& way : ways) way.process = start_forwarder(way);
  int restarts = 0;
  const pid_t command = fork();
  if (command < 0) refuse("fork");
  if (command == 0) become(order);
  dprintf(control, "ready");
  close(control);
  while (true) {
    siginfo_t signal{};
    const int number = sigwaitinfo(&signals, &signal);
    if (number == SIGTERM) kill(command, SIGTERM);
    if (number == kill_all && getpid() != 1) {
      kill_descendants();
      record("signalled", SIGKILL);
      return 0;
    }
    if (number != SIGCHLD) continue;
    int status = 0;
    for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0;) {
      if (ended == command) {
        kill_descendants();
        record(status);
        return 0;
      }
      for (Way& way : ways) {
        if (ended == way.process && restarts++ < 1000) way.process = start_forwarder(way);
      }
    }
  }
}

int run() {
  const auto order = read_order(control);
  if (!order) return 125;
  if (getpid() != 1) prctl(PR_SET_CHILD_SUBREAPER, 1);
  for (int fd : {control, output, exit_file}) fcntl(fd, F_SETFD, FD_CLOEXEC);
  close_range(exit_file + 1, ~0U, 0);  // what only bubblewrap and `enter` needed
  sigset_t signals;
  sigemptyset(&signals);
  for (int number : {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGPIPE, kill_all}) sigaddset(&signals, number);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  set_affinity(order->cpus);
  offer_to_oom_killer();
  drop_privileges(*order);
  std::vector<Way> ways;
  if (order->port > 0) ways.push_back({listen_on(order->port), order->socket});
  if (order->serve_port > 0) ways.push_back({listen_at(order->serve_socket), {}, order->serve_port});
  for (const Way& way : ways) {
    if (way.listener < 0) refuse("listen");
  }
  dup2(output, 1);
  dup2(output, 2);
  return supervise(*order, std::move(ways), signals);
}

}  // namespace
}  // namespace clary::init

int main(int count, char** words) {
  const std::string role = count > 1 ? words[1] : "";
  if (role.empty()) return clary::init::run();
  if (role == "hold") return clary::init::hold_network();
  if (role == "try") return clary::init::try_network();
  if (role == "enter" && count > 2) return clary::init::enter_network(words + 2);
  if (role == "join" && count == 4) return clary::init::join_network(words[2], words[3]);
  return 125;
}
