#include <cerrno>
#include <cstring>
#include <fmt/core.h>
#include <unistd.h>

#include "cli/commands.hpp"
#include "server/installed.hpp"

namespace clary::cli {

int model_server(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), server::installed_file("clary-model-server"));
  std::vector<char*> words;
  for (auto& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  ::execv(words[0], words.data());
  fmt::print(stderr, "clary: cannot run {}: {}\n", arguments[0], std::strerror(errno));
  return 1;
}

}  // namespace clary::cli
