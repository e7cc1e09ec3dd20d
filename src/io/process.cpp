#include "io/process.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace clary::io {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (const auto& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

struct SpawnSettings {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
};

// Copies above the numbers that the child uses, so that no dup2 overwrites a source that a later one needs.
Outcome<std::vector<File>> lifted(const std::vector<int>& descriptors) {
  std::vector<File> copies;
  for (int fd : descriptors) {
    if (fd < 0) {
      TRY(File null, File::open("/dev/null", O_RDWR));
      int copy = fcntl(null.fd(), F_DUPFD_CLOEXEC, 64);
      if (copy < 0) return system_error("dup", "/dev/null", errno);
      copies.emplace_back(copy);
      continue;
    }
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 64);
    if (copy < 0) return system_error("dup", "", errno);
    copies.emplace_back(copy);
  }
  return copies;
}

int remaining_ms(std::chrono::steady_clock::time_point end) {
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
  return left < 0 ? 0 : static_cast<int>(left);
}

// How long a command may take.
struct Patience {
  std::chrono::steady_clock::time_point end;
  const std::function<bool()>& given_up;
  bool over() const { return remaining_ms(end) == 0 || (given_up && given_up()); }
  int slice() const { return given_up ? std::min(remaining_ms(end), 200) : remaining_ms(end); }
};

// Reads until the program has ended or closed its output; false when patience was over before.
bool follow(File& reader, const File& process, const Patience& patience, const Watching& watching,
            std::string& output) {
  constexpr std::size_t kept = 1024 * 1024;
  std::vector<char> buffer(65536);
  while (true) {
    // The program's end ends the wait, not its pipe's: what it left in the background may hold that.
    pollfd entries[2] = {{reader.fd(), POLLIN, 0}, {process.fd(), POLLIN, 0}};
    const int ready = poll(entries, 2, patience.slice());
    if (ready > 0 && entries[0].revents == 0) return true;
    if (ready > 0) {
      const auto got = reader.read(buffer.data(), buffer.size());
      if (!got || *got == 0) return true;
      const std::string_view text(buffer.data(), *got);
      if (output.size() < kept) output.append(text.substr(0, kept - output.size()));
      if (watching.on_text) watching.on_text(text);
    } else if (ready < 0 && errno != EINTR) {
      return false;
    }
    if (patience.over()) return false;
  }
}

}  // namespace

Outcome<pid_t> spawn(const Command& command) {
  std::vector<int> wanted = command.descriptors;
  while (wanted.size() < 3) wanted.push_back(-1);
  TRY(auto sources, lifted(wanted));
  SpawnSettings settings;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    posix_spawn_file_actions_adddup2(&settings.actions, sources[i].fd(), static_cast<int>(i));
  }
  posix_spawn_file_actions_addclosefrom_np(&settings.actions, static_cast<int>(sources.size()));
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&settings.attributes, &none);
  posix_spawnattr_setsigdefault(&settings.attributes, &all);
  short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (command.new_session) flags |= POSIX_SPAWN_SETSID;
  posix_spawnattr_setflags(&settings.attributes, flags);
  auto arguments = pointers(command.arguments);
  auto environment = pointers(command.environment);
  pid_t pid = 0;
  int code =
      posix_spawn(&pid, arguments[0], &settings.actions, &settings.attributes, arguments.data(), environment.data());
  if (code != 0) return system_error("spawn", command.arguments[0], code);
  return pid;
}

std::optional<ProcessId> identify(pid_t pid) {
  auto stat = read_file(fmt::format("/proc/{}/stat", pid), 4096);
  if (!stat) return std::nullopt;
  // The name (field 2) may hold anything, so count from its last parenthesis: field 3 is the state, field 22 the start
  // time.
  std::size_t at = stat->rfind(')');
  if (at == std::string::npos || at + 2 >= stat->size()) return std::nullopt;
  const char state = (*stat)[at + 2];
  if (state == 'Z' || state == 'X') return std::nullopt;
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = stat->find(' ', at + 1);
  if (at == std::string::npos) return std::nullopt;
  ProcessId id{pid, 0};
  std::from_chars(stat->data() + at + 1, stat->data() + stat->size(), id.start_time);
  return id;
}

Outcome<File> open_process(const ProcessId& id) {
  int fd = static_cast<int>(syscall(SYS_pidfd_open, id.pid, 0));
  if (fd < 0) {
    if (errno == ESRCH) return make_error(ErrorKind::not_found, "the process has ended");
    return system_error("pidfd_open", "", errno);
  }
  File process(fd);
  if (identify(id.pid) != id) return make_error(ErrorKind::not_found, "the process has ended");
  return process;
}

void send_signal(const File& process, int signal) {
  syscall(SYS_pidfd_send_signal, process.fd(), signal, nullptr, 0);
}

bool wait_for_end(const File& process, std::chrono::milliseconds timeout) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  while (true) {
    pollfd entry{process.fd(), POLLIN, 0};
    int ready = poll(&entry, 1, remaining_ms(end));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

std::string boot_id() {
  auto id = read_file("/proc/sys/kernel/random/boot_id", 256);
  if (!id) return {};
  while (!id->empty() && id->back() == '\n') id->pop_back();
  return *id;
}

Outcome<Finished> run(Command command, std::chrono::milliseconds deadline, const Watching& watching) {
  const Patience patience{std::chrono::steady_clock::now() + deadline, watching.given_up};
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return system_error("pipe", "", errno);
  File reader(ends[0]);
  pid_t pid = 0;
  {
    File writer(ends[1]);
    command.descriptors.resize(std::max<std::size_t>(command.descriptors.size(), 3), -1);
    command.descriptors[1] = command.descriptors[2] = writer.fd();
    TRY(pid, spawn(command));
  }
  const File process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  const int code = process ? 0 : errno;
  Finished finished;
  bool cut = !process || !follow(reader, process, patience, watching, finished.output);
  while (!cut && !wait_for_end(process, std::chrono::milliseconds(patience.slice()))) cut = patience.over();
  // What it started would go on, and may hold what we wait for.
  if (cut) ::kill(command.new_session ? -pid : pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (code != 0) return system_error("pidfd_open", command.arguments[0], code);
  if (cut && watching.given_up && watching.given_up())
    return make_error(ErrorKind::timed_out, "{} was given up", command.arguments[0]);
  if (cut) return make_error(ErrorKind::timed_out, "{} took longer than {} ms", command.arguments[0], deadline.count());
  if (WIFEXITED(status)) finished.code = WEXITSTATUS(status);
  return finished;
}

std::optional<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos)
    return ::access(name.c_str(), X_OK) == 0 ? std::optional(name) : std::nullopt;
  const char* variable = std::getenv("PATH");
  std::string path = variable ? variable : "/usr/local/bin:/usr/bin:/bin";
  std::size_t from = 0;
  while (from <= path.size()) {
    std::size_t to = std::min(path.find(':', from), path.size());
    std::string candidate = path.substr(from, to - from) + "/" + name;
    std::error_code code;
    if (candidate.front() == '/' && std::filesystem::is_regular_file(candidate, code) &&
        ::access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
    from = to + 1;
  }
  return std::nullopt;
}

std::string program_folder() {
  std::error_code code;
  return std::filesystem::read_symlink("/proc/self/exe", code).parent_path();
}

}  // namespace clary::io
