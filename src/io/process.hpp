// Child processes: started by posix_spawn (no copy of a large server's page tables), watched by pidfd, told apart by
// start time. Owned by the caller, who must reap what it spawns. Thread rule: any thread. Invariant: a child gets the
// descriptors it is given and no other, default signal handlers and an empty signal mask.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "base/outcome.hpp"
#include "io/file.hpp"

namespace clary::io {

struct Command {
  std::vector<std::string> arguments;    // [0] is the program's path
  std::vector<std::string> environment;  // "NAME=value"; the whole of it
  std::vector<int> descriptors;          // become 0, 1, 2, ...; -1 is /dev/null. 0 to 2 are /dev/null where not given
  bool new_session = false;              // setsid: no terminal, and no signal of ours that goes to the group
};

Outcome<pid_t> spawn(const Command& command);

// What a pid meant when it was looked at: pids are used again, a pid with its start time within one boot is not.
struct ProcessId {
  pid_t pid = 0;
  std::uint64_t start_time = 0;  // clock ticks since boot
  bool operator==(const ProcessId&) const = default;
};

// The running process of that pid; nothing when there is none.
std::optional<ProcessId> identify(pid_t pid);
// A pidfd for exactly that process; not_found when it has ended.
Outcome<File> open_process(const ProcessId& id);
void send_signal(const File& process, int signal);
// True when the process of the pidfd has ended within `timeout`.
bool wait_for_end(const File& process, std::chrono::milliseconds timeout);
// Names this boot of the machine: pids mean nothing beyond it.
std::string boot_id();

struct Finished {
  int code = -1;       // -1: killed by a signal, ours after the deadline included
  std::string output;  // stdout and stderr, cut after 1 MiB
};
struct Watching {
  std::function<bool()> given_up;                      // asked every 200 ms, and with what it writes
  std::function<void(std::string_view text)> on_text;  // each piece of its output as it comes
};
// Runs a command of ours to its end; killed, with its session where it has one of its own, at the deadline or when it is
// given up (timed_out). Descriptors 1 and 2 are ours.
Outcome<Finished> run(Command command, std::chrono::milliseconds deadline, const Watching& watching = {});

// The program's path: as it is with a slash, else the first on PATH.
std::optional<std::string> find_program(const std::string& name);
// The folder of the running program.
std::string program_folder();

}  // namespace clary::io
