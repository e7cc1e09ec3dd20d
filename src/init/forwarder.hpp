// Brings the server's port into the sandbox: listens on 127.0.0.1 and copies each connection to a bound Unix socket,
// both ways, each way closed on its own. Or the other way round: a Unix socket that leads to a port inside. Owned by clary-init, which runs it as a process of its own. Thread rule: one
// thread. Invariant: at most `most_connections` at a time (others wait in the listen queue), at most 64 KiB held back a
// direction.
#pragma once

#include <string>

namespace clary::init {

// A listening, non-blocking socket on 127.0.0.1:port; -1 with errno.
int listen_on(int port);
// A listening, non-blocking Unix socket of that path, open to whoever reaches it; -1 with errno.
int listen_at(const std::string& path);
// Copy until the process is killed: to the Unix socket, to 127.0.0.1:port.
[[noreturn]] void forward(int listener, const std::string& socket);
[[noreturn]] void forward(int listener, int port);

}  // namespace clary::init
