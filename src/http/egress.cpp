#include "http/egress.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <charconv>
#include <ifaddrs.h>
#include <memory>
#include <netdb.h>

#include "base/bytes.hpp"
#include "http/message.hpp"

namespace clary::http {

namespace {

namespace ip = boost::asio::ip;

std::string host_name(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  while (!text.empty() && text.back() == '.') text.pop_back();
  return text;
}

std::optional<ip::address> parse_address(std::string text) {
  if (auto zone = text.find('%'); zone != std::string::npos) text.resize(zone);
  boost::system::error_code ec;
  auto address = ip::make_address(text, ec);
  if (ec) return std::nullopt;
  return address;
}

// The IPv4 address that an IPv6 one stands for: mapped, compatible, NAT64 or 6to4.
std::optional<ip::address_v4> embedded_v4(const ip::address_v6& address) {
  auto bytes = address.to_bytes();
  auto v4_at = [&](std::size_t at) { return ip::address_v4({bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]}); };
  bool first_ten_zero = std::all_of(bytes.begin(), bytes.begin() + 10, [](auto b) { return b == 0; });
  bool mapped = first_ten_zero && bytes[10] == 0xff && bytes[11] == 0xff;
  bool compatible = first_ten_zero && bytes[10] == 0 && bytes[11] == 0;
  bool nat64 = bytes[0] == 0 && bytes[1] == 0x64 && bytes[2] == 0xff && bytes[3] == 0x9b;
  if (mapped || compatible || nat64) return v4_at(12);
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return v4_at(2);
  return std::nullopt;
}

std::optional<std::string> refusal_v4(const ip::address_v4& address) {
  auto bytes = address.to_bytes();
  if (address.is_loopback()) return "a loopback address";
  if (bytes[0] == 0) return "an unspecified address";
  if (bytes[0] == 169 && bytes[1] == 254) return "a link-local address";
  if (address.is_multicast()) return "a multicast address";
  if (address == ip::address_v4::broadcast()) return "a broadcast address";
  return std::nullopt;
}

std::optional<std::string> refusal_v6(const ip::address_v6& address) {
  if (address.is_loopback()) return "a loopback address";
  if (address.is_unspecified()) return "an unspecified address";
  if (address.is_link_local()) return "a link-local address";
  if (address.is_multicast()) return "a multicast address";
  // The address of Amazon's instance metadata; what 169.254.169.254 is in IPv4.
  if (address == ip::make_address_v6("fd00:ec2::254")) return "a link-local address";
  return std::nullopt;
}

bool names(const std::vector<std::string>& list, const ip::address& address) {
  return std::any_of(list.begin(), list.end(), [&](const std::string& text) {
    auto other = parse_address(text);
    if (!other) return false;
    if (*other == address) return true;
    if (!address.is_v6() || !other->is_v4()) return false;
    return embedded_v4(address.to_v6()) == other->to_v4();
  });
}

bool in_network(const ip::address& address, const std::string& network) {
  boost::system::error_code ec;
  if (address.is_v4()) {
    auto wide = ip::make_network_v4(network, ec);
    if (ec) return false;
    auto mask = wide.netmask().to_uint();
    return (address.to_v4().to_uint() & mask) == (wide.address().to_uint() & mask);
  }
  auto wide = ip::make_network_v6(network, ec);
  if (ec) return false;
  return ip::make_network_v6(address.to_v6(), wide.prefix_length()).canonical() == wide.canonical();
}

}  // namespace

std::optional<std::string> refusal(const std::string& text, const std::vector<std::string>& own,
                                   const std::vector<std::string>& exempt) {
  auto address = parse_address(text);
  if (!address) return "not an address";
  if (names(exempt, *address)) return std::nullopt;
  if (names(own, *address)) return "an address of this host";
  if (address->is_v4()) return refusal_v4(address->to_v4());
  if (auto why = refusal_v6(address->to_v6())) return why;
  if (auto inner = embedded_v4(address->to_v6())) return refusal_v4(*inner);
  return std::nullopt;
}

std::optional<std::string> literal_address(const std::string& host) {
  auto text = host;
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  while (!text.empty() && text.back() == '.') text.pop_back();
  if (auto address = parse_address(text)) return address->to_string();
  in_addr old{};
  if (text.find_first_not_of("0123456789abcdefABCDEFxX.") == std::string::npos && inet_aton(text.c_str(), &old)) {
    return ip::address_v4(ntohl(old.s_addr)).to_string();
  }
  return std::nullopt;
}

bool is_local_name(const std::string& host) {
  auto name = host_name(host);
  return name == "localhost" || name == "localhost.localdomain" || name == "ip6-localhost" ||
         name.ends_with(".localhost");
}

std::vector<std::string> own_addresses() {
  std::vector<std::string> all;
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return all;
  std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owned(first, freeifaddrs);
  for (auto* at = first; at; at = at->ifa_next) {
    if (!at->ifa_addr || (at->ifa_addr->sa_family != AF_INET && at->ifa_addr->sa_family != AF_INET6)) continue;
    char text[NI_MAXHOST];
    auto size = at->ifa_addr->sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    if (getnameinfo(at->ifa_addr, static_cast<socklen_t>(size), text, sizeof(text), nullptr, 0, NI_NUMERICHOST) == 0) {
      all.emplace_back(text);
    }
  }
  return all;
}

std::optional<Upstream> parse_upstream(const std::string& url) {
  std::string_view rest = url;
  if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else if (rest.find("://") != std::string_view::npos) {
    return std::nullopt;
  }
  rest = rest.substr(0, rest.find('/'));
  Upstream upstream;
  if (auto at = rest.rfind('@'); at != std::string_view::npos) {
    auto colon = rest.substr(0, at).find(':');
    auto user = uri_decode(rest.substr(0, std::min(colon, at)));
    auto password = colon < at ? uri_decode(rest.substr(colon + 1, at - colon - 1)) : std::string{};
    if (!user || !password) return std::nullopt;
    upstream.authorization = "Basic " + to_base64(*user + ":" + *password);
    rest.remove_prefix(at + 1);
  }
  auto colon = rest.rfind(':');
  bool bracketed = !rest.empty() && rest.back() == ']';
  unsigned port = 80;
  if (colon != std::string_view::npos && !bracketed) {
    auto* end = rest.data() + rest.size();
    auto parsed = std::from_chars(rest.data() + colon + 1, end, port);
    if (parsed.ptr != end || parsed.ec != std::errc{} || port == 0 || port > 65535) return std::nullopt;
    rest = rest.substr(0, colon);
  }
  if (rest.size() > 2 && rest.front() == '[' && rest.back() == ']') rest = rest.substr(1, rest.size() - 2);
  if (rest.empty()) return std::nullopt;
  upstream.host = rest;
  upstream.port = static_cast<std::uint16_t>(port);
  return upstream;
}

bool bypasses_upstream(const std::string& host, const std::vector<std::string>& no_proxy) {
  auto name = host_name(host);
  auto address = literal_address(name);
  auto parsed = address ? parse_address(*address) : std::nullopt;
  for (auto entry : no_proxy) {
    entry = host_name(entry);
    if (entry == "*") return true;
    if (entry.starts_with("*.")) entry.erase(0, 1);
    if (entry.starts_with(".")) entry.erase(0, 1);
    if (entry.empty()) continue;
    if (parsed && entry.find('/') != std::string::npos && in_network(*parsed, entry)) return true;
    if (parsed && names({entry}, *parsed)) return true;
    if (name == entry || (!parsed && name.ends_with("." + entry))) return true;
  }
  return false;
}

}  // namespace clary::http
