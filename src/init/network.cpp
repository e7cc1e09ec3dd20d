#include "init/network.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "init/netlink.hpp"
#include "init/order.hpp"

namespace clary::init {
namespace {

constexpr const char* bridge = "hosts";

[[noreturn]] void refuse(int to, const char* what) {
  dprintf(to, "%s: %s", what, std::strerror(errno));
  _exit(125);
}

bool write_text(const char* path, const std::string& text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(fd);
  return written;
}

// The user stays what it is, in a namespace where it may make networks.
void make_user_namespace(int report) {
  const uid_t uid = geteuid();
  const gid_t gid = getegid();
  if (unshare(CLONE_NEWUSER) != 0) refuse(report, "a user namespace");
  const std::string user = std::to_string(uid), group = std::to_string(gid);
  if (!write_text("/proc/self/uid_map", user + " " + user + " 1")) refuse(report, "uid_map");
  if (!write_text("/proc/self/setgroups", "deny")) refuse(report, "setgroups");
  if (!write_text("/proc/self/gid_map", group + " " + group + " 1")) refuse(report, "gid_map");
}

void drop_capabilities() {
  for (int capability = 0; capability <= 63; ++capability) prctl(PR_CAPBSET_DROP, capability);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2] = {};
  if (syscall(SYS_capset, &header, none) != 0) refuse(control, "capset");
}

bool told_to_go() {
  char word[2];
  std::size_t size = 0;
  while (size < sizeof word) {
    const ssize_t got = read(control, word + size, sizeof word - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    size += static_cast<std::size_t>(got);
  }
  return std::memcmp(word, "go", 2) == 0;
}

int index_of(const char* name, int report) {
  const unsigned index = if_nametoindex(name);
  if (index == 0) refuse(report, name);
  return static_cast<int>(index);
}

void make_network(int report) {
  if (geteuid() != 0) make_user_namespace(report);
  if (unshare(CLONE_NEWNET) != 0) refuse(report, "a network namespace");
  Netlink net;
  if (!net.ready() || !net.make_bridge(bridge)) refuse(report, "a bridge");
}

}  // namespace

int hold_network() {
  if (!told_to_go()) return 125;
  make_network(control);
  if (chdir("/") != 0) refuse(control, "chdir");
  drop_capabilities();
  prctl(PR_SET_NAME, "clary-network");
  dprintf(control, "ready");
  close(control);
  while (true) pause();
}

int try_network() {
  make_network(2);
  const int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  Netlink net;
  if (!net.make_pair(index_of(bridge, 2), "eth0", here, {2, 0, 0, 0, 0, 1})) refuse(2, "a pair of interfaces");
  return 0;
}

int enter_network(char** command) {
  constexpr int user = 7;
  if (setns(user, CLONE_NEWUSER) != 0) refuse(2, "the network's user namespace");
  close(user);
  execv(command[0], command);
  refuse(2, command[0]);
}

int join_network(const char* address_text, const char* prefix_text) {
  constexpr int user = 3, network = 4, worker = 5;
  in_addr parsed{};
  if (inet_pton(AF_INET, address_text, &parsed) != 1) return 125;
  const HostAddress address{ntohl(parsed.s_addr), std::atoi(prefix_text)};
  struct stat info {};
  const bool by_user = fstat(user, &info) == 0 && !S_ISCHR(info.st_mode);
  if (by_user && setns(user, CLONE_NEWUSER) != 0) refuse(2, "the network's user namespace");
  if (setns(network, CLONE_NEWNET) != 0) refuse(2, "the network's namespace");
  // By the address: a host that comes again has its old one, which the others may remember.
  const unsigned char hardware[6] = {0x02,
                                     0x00,
                                     static_cast<unsigned char>(address.ip >> 24),
                                     static_cast<unsigned char>(address.ip >> 16),
                                     static_cast<unsigned char>(address.ip >> 8),
                                     static_cast<unsigned char>(address.ip)};
  {
    Netlink net;
    if (!net.ready() || !net.make_pair(index_of(bridge, 2), "eth0", worker, hardware))
      refuse(2, "a pair of interfaces");
  }
  if (setns(worker, CLONE_NEWNET) != 0) refuse(2, "the worker's network namespace");
  Netlink net;
  const int interface = index_of("eth0", 2);
  // The hosts' names have IPv4 addresses alone; some programs would pick the link-local one that nobody knows.
  write_text("/proc/sys/net/ipv6/conf/eth0/disable_ipv6", "1");
  if (!net.ready() || !net.set_address(interface, address)) refuse(2, "the address");
  if (!net.bring_up(interface)) refuse(2, "the interface");
  return 0;
}

}  // namespace clary::init
