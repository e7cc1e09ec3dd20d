#include "training/say.hpp"

#include <cstdio>
#include <ctime>
#include <string>
#include <unistd.h>

namespace clary::training {

void say_line(std::string_view line) {
  std::string whole(line);
  whole += '\n';
  std::string_view rest = whole;
  while (!rest.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

void say_info(std::string_view text) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%Y-%m-%d:%H:%M:%S", &parts);
  say_line(fmt::format("[{}:INFO] {}", stamp, text));
}

}  // namespace clary::training
