// Where a tunnel may lead: decisions over plain values. Private to http. Thread rule: pure functions (but for
// own_addresses()). Invariant: no spelling of an address of this host, of its link or of nobody in particular is
// dialled, IPv4 inside IPv6 included.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace clary::http {

// Why `address` (as text) must not be dialled; nothing: it may. `own` are this host's addresses; `exempt` are let
// through.
std::optional<std::string> refusal(const std::string& address, const std::vector<std::string>& own,
                                   const std::vector<std::string>& exempt = {});

// `host` as an address, in every spelling that a resolver would take for one ("127.1", "0x7f000001"); nothing: it is a
// name.
std::optional<std::string> literal_address(const std::string& host);

// A name for this host itself ("localhost", "x.localhost").
bool is_local_name(const std::string& host);

// The addresses of this host's interfaces.
std::vector<std::string> own_addresses();

struct Upstream {
  std::string host;
  std::uint16_t port = 0;
  std::string authorization;  // the Proxy-Authorization value; empty: none
};
// "http://[user:password@]host:port"; nothing: not understood.
std::optional<Upstream> parse_upstream(const std::string& url);

// Whether `host` is dialled directly although there is an upstream proxy: suffixes, "*", addresses and address/prefix.
bool bypasses_upstream(const std::string& host, const std::vector<std::string>& no_proxy);

}  // namespace clary::http
