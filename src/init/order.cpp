#include "init/order.hpp"

#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <unistd.h>

namespace clary::init {
namespace {

std::uint64_t number(std::string_view text) {
  return std::strtoull(std::string(text).c_str(), nullptr, 10);
}

bool apply(std::string_view entry, Order& order) {
  const std::size_t at = entry.find('=');
  if (at == std::string_view::npos) return false;
  const std::string_view key = entry.substr(0, at), value = entry.substr(at + 1);
  if (key == "arg") {
    order.arguments.emplace_back(value);
  } else if (key == "env") {
    order.environment.emplace_back(value);
  } else if (key == "uid") {
    order.uid = static_cast<uid_t>(number(value));
  } else if (key == "gid") {
    order.gid = static_cast<gid_t>(number(value));
  } else if (key == "directory") {
    order.working_directory = value;
  } else if (key == "port") {
    order.port = static_cast<int>(number(value));
  } else if (key == "socket") {
    order.socket = value;
  } else if (key == "inherit") {
    order.inherit = value == "1";
  } else if (key == "serve-port") {
    order.serve_port = static_cast<int>(number(value));
  } else if (key == "serve-socket") {
    order.serve_socket = value;
  } else if (key == "cpu") {
    order.cpus.push_back(static_cast<int>(number(value)));
  } else if (key == "processes") {
    order.processes = number(value);
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::optional<Order> read_order(int socket) {
  constexpr std::size_t most = 8 * 1024 * 1024;
  Order order;
  std::string text;
  std::size_t parsed = 0;
  char buffer[65536];
  while (true) {
    for (std::size_t end; (end = text.find('\0', parsed)) != std::string::npos; parsed = end + 1) {
      const std::string_view entry(text.data() + parsed, end - parsed);
      if (entry == "run") return order.arguments.empty() ? std::nullopt : std::optional(order);
      if (!apply(entry, order)) return std::nullopt;
    }
    const ssize_t got = read(socket, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || text.size() > most) return std::nullopt;
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

}  // namespace clary::init
