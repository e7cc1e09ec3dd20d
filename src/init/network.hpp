// The network of one job's hosts: clary-init in its other roles. A *holder* owns the namespace that the bridge is in and
// does nothing else until it is killed; a worker of an ordinary user *enters* the holder's user namespace before
// bubblewrap makes the worker's own below it; whoever has entered may then *join* the worker's namespace to the bridge.
// Started by workers/networks.cpp, by name: `clary-init hold|try|enter|join ...`. Thread rule: a process of one thread each.
// Invariant: a holder that is not told "go" (the server died before it was on record) ends.
#pragma once

namespace clary::init {

// hold <its folder>: descriptor 3 is the control socket. As an ordinary user it makes a user namespace too. Writes "ready" once the
// bridge stands, or why it does not.
int hold_network();
// try: whether this host has what networks need; the reason why not goes to stderr.
int try_network();
// enter <program> <argument>...: descriptor 7 is the holder's user namespace.
int enter_network(char** command);
// join <address> <prefix>: descriptors 3 the holder's user namespace (or /dev/null, under root), 4 its network namespace,
// 5 the worker's, which gets eth0.
int join_network(const char* address, const char* prefix);

}  // namespace clary::init
