// What the launcher and a process that it starts say to each other before the process may go on: pipes and sockets, read
// with a deadline. Thread rule: any thread, one end by one thread. Invariant: at most 64 KiB are read.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/outcome.hpp"
#include "io/file.hpp"
#include "io/process.hpp"

namespace clary::workers {

using Instant = std::chrono::steady_clock::time_point;
constexpr std::chrono::seconds handshake_patience{20};

struct Ends {
  io::File ours, theirs;
};
Outcome<Ends> make_pipe();
Outcome<Ends> make_socket();

// Reads until `wanted` is at the end of what came, or the other end closes, or time is up; or, where it is given, the
// process of the pidfd `writer` has ended: others may hold the other end open.
std::string read_until(const io::File& from, std::string_view wanted, Instant end, const io::File& writer = {});
bool send_all(const io::File& to, std::string_view text);

// A namespace of the process, opened while it surely lives; `name` as in /proc/<pid>/ns.
Outcome<io::File> open_namespace(const io::ProcessId& process, const char* name);

}  // namespace clary::workers
