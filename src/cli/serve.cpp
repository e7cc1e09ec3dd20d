#include <fmt/core.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "cli/commands.hpp"
#include "cli/connection.hpp"
#include "server/clary.hpp"

namespace clary::cli {

int serve(const std::string& config_file, const std::map<std::string, std::string>& flags) {
  // Blocked in every thread that follows, so that only the wait below sees them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  std::map<std::string, std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string text = *entry;
    environment.emplace(text.substr(0, text.find('=')), text.substr(std::min(text.find('='), text.size() - 1) + 1));
  }
  auto settings = server::read_settings(config_file, environment, flags);
  if (!settings) return fail(settings.error());
  auto clary = server::Clary::open(*settings);
  if (!clary) return fail(clary.error());
  fmt::print("clary {} listens on http://{}\n", CLARY_VERSION, (*clary)->running().addresses.front());
  std::fflush(stdout);
  int received = 0;
  sigwait(&signals, &received);
  (*clary)->stop();
  return 0;
}

}  // namespace clary::cli
