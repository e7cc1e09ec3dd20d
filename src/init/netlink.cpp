#include "init/netlink.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

namespace clary::init {
namespace {

constexpr std::uint16_t make_new = NLM_F_CREATE | NLM_F_EXCL;

ifinfomsg interface_head(int index, bool up) {
  ifinfomsg head{};
  head.ifi_family = AF_UNSPEC;
  head.ifi_index = index;
  if (up) head.ifi_flags = head.ifi_change = IFF_UP;
  return head;
}

}  // namespace

Message::Message(std::uint16_t type, std::uint16_t flags, const void* head, std::size_t head_size) {
  nlmsghdr header{};
  header.nlmsg_type = type;
  header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
  append(&header, sizeof header);
  append(head, head_size);
}

void Message::append(const void* data, std::size_t size) {
  const auto* bytes = static_cast<const char*>(data);
  bytes_.insert(bytes_.end(), bytes, bytes + size);
  bytes_.resize(NLMSG_ALIGN(bytes_.size()));
}

void Message::put(std::uint16_t attribute, const void* data, std::size_t size) {
  const rtattr head{static_cast<unsigned short>(RTA_LENGTH(size)), attribute};
  append(&head, sizeof head);
  append(data, size);
}

std::size_t Message::open(std::uint16_t attribute) {
  const std::size_t at = bytes_.size();
  const rtattr head{0, attribute};
  append(&head, sizeof head);
  return at;
}

void Message::close(std::size_t opened) {
  const auto size = static_cast<unsigned short>(bytes_.size() - opened);
  std::memcpy(bytes_.data() + opened + offsetof(rtattr, rta_len), &size, sizeof size);
}

const std::vector<char>& Message::finish() {
  const auto size = static_cast<std::uint32_t>(bytes_.size());
  std::memcpy(bytes_.data() + offsetof(nlmsghdr, nlmsg_len), &size, sizeof size);
  return bytes_;
}

Netlink::Netlink() : socket_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) {}

Netlink::~Netlink() {
  if (socket_ >= 0) ::close(socket_);
}

bool Netlink::ask(Message& message) {
  const auto& bytes = message.finish();
  if (send(socket_, bytes.data(), bytes.size(), 0) < 0) return false;
  alignas(nlmsghdr) char answer[8192];
  ssize_t got = 0;
  do {
    got = recv(socket_, answer, sizeof answer, 0);
  } while (got < 0 && errno == EINTR);
  const auto* header = reinterpret_cast<const nlmsghdr*>(answer);
  if (got < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(nlmsgerr))) || header->nlmsg_type != NLMSG_ERROR) {
    if (got >= 0) errno = EPROTO;
    return false;
  }
  errno = -static_cast<const nlmsgerr*>(NLMSG_DATA(header))->error;
  return errno == 0;
}

bool Netlink::make_bridge(const std::string& name) {
  const ifinfomsg head = interface_head(0, true);
  Message message(RTM_NEWLINK, make_new, &head, sizeof head);
  message.put(IFLA_IFNAME, name);
  const std::size_t kind = message.open(IFLA_LINKINFO);
  message.put(IFLA_INFO_KIND, "bridge");
  message.close(kind);
  return ask(message);
}

bool Netlink::make_pair(int bridge, const std::string& name, int peer, const unsigned char (&hardware)[6]) {
  const ifinfomsg head = interface_head(0, true);
  Message message(RTM_NEWLINK, make_new, &head, sizeof head);
  message.put(IFLA_MASTER, static_cast<std::uint32_t>(bridge));
  const std::size_t kind = message.open(IFLA_LINKINFO);
  message.put(IFLA_INFO_KIND, "veth");
  const std::size_t data = message.open(IFLA_INFO_DATA);
  const std::size_t other = message.open(VETH_INFO_PEER);
  const ifinfomsg other_head = interface_head(0, false);
  message.append(&other_head, sizeof other_head);
  message.put(IFLA_IFNAME, name);
  message.put(IFLA_ADDRESS, hardware, sizeof hardware);
  message.put(IFLA_NET_NS_FD, static_cast<std::uint32_t>(peer));
  message.close(other);
  message.close(data);
  message.close(kind);
  return ask(message);
}

bool Netlink::set_address(int interface, const HostAddress& address) {
  ifaddrmsg head{};
  head.ifa_family = AF_INET;
  head.ifa_prefixlen = static_cast<unsigned char>(address.prefix);
  head.ifa_index = static_cast<unsigned>(interface);
  Message message(RTM_NEWADDR, make_new, &head, sizeof head);
  message.put(IFA_LOCAL, htonl(address.ip));
  message.put(IFA_ADDRESS, htonl(address.ip));
  const std::uint32_t all = (1ULL << (32 - address.prefix)) - 1;
  message.put(IFA_BROADCAST, htonl(address.ip | all));
  return ask(message);
}

bool Netlink::bring_up(int interface) {
  const ifinfomsg head = interface_head(interface, true);
  Message message(RTM_NEWLINK, 0, &head, sizeof head);
  return ask(message);
}

}  // namespace clary::init
