#include "runtimes/interpreters.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "io/process.hpp"
#include "runtimes/log.hpp"
#include "runtimes/maven_python.hpp"
#include "runtimes/registries.hpp"

namespace clary::runtimes {
namespace {

namespace fs = std::filesystem;
// Prints the version, the home, and what is missing.
constexpr const char* probe = R"(
import sys, importlib
missing = []
names = ["ssl", "ctypes", "zlib", "bz2", "lzma", "sqlite3", "venv"]
for name in names + (["distutils.core"] if sys.version_info < (3, 12) else []):
    try:
        importlib.import_module(name)
    except ImportError:
        missing.append(name)
print("%d.%d.%d" % sys.version_info[:3])
print(sys.base_prefix)
print(" ".join(missing))
)";
// What Maven's interpreters lack, and hardly any package imports at the top.
constexpr const char* spared = "lzma sqlite3";

std::string environment_variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

struct Found {
  Interpreter interpreter;
  std::string missing;
};

std::optional<Found> look_at(const std::string& path) {
  io::Command command;
  command.arguments = {path, "-I", "-c", probe};
  command.environment = {"PATH=/usr/bin:/bin"};
  auto finished = io::run(command, std::chrono::seconds(20));
  if (!finished || finished->code != 0) return std::nullopt;
  std::istringstream lines(finished->output);
  Found found;
  std::getline(lines, found.interpreter.version);
  std::getline(lines, found.interpreter.home);
  std::getline(lines, found.missing);
  std::error_code code;
  found.interpreter.executable = fs::canonical(path, code);
  auto& home = found.interpreter.home;
  home = fs::canonical(home, code);
  if (code) return std::nullopt;
  if (home == "/usr" || home.starts_with("/usr/")) home.clear();
  return found;
}

// Of that minor, and complete; `spare` forgives what Maven's lack.
std::optional<Interpreter> complete_at(const std::string& path, const std::string& minor, bool spare) {
  auto found = look_at(path);
  if (!found || !found->interpreter.version.starts_with(minor + ".")) return std::nullopt;
  if (found->missing.empty() || (spare && found->missing == spared)) return found->interpreter;
  log_.info("{} is not complete: it lacks {}", path, found->missing);
  return std::nullopt;
}

// The folders of versions below `root` that could hold the minor, the highest patch first.
std::vector<std::string> versions_below(const std::string& root, const std::string& minor) {
  std::vector<std::pair<int, std::string>> found;
  std::error_code code;
  for (fs::directory_iterator entry(root, code), end; !code && entry != end; entry.increment(code)) {
    const std::string name = entry->path().filename();
    const std::size_t at = name.find(minor + ".");
    if (at == std::string::npos || (at > 0 && name[at - 1] != '-')) continue;
    found.emplace_back(std::atoi(name.c_str() + at + minor.size() + 1), entry->path() / "bin" / ("python" + minor));
  }
  std::sort(found.rbegin(), found.rend());
  std::vector<std::string> paths;
  for (auto& [patch, path] : found) paths.push_back(std::move(path));
  return paths;
}

}  // namespace

std::optional<Interpreter> interpreter_of(const std::string& path) {
  auto found = look_at(path);
  return found ? std::optional(found->interpreter) : std::nullopt;
}

std::vector<std::string> Interpreters::candidates(const std::string& minor) const {
  if (host_) return *host_;
  // Debian's comes first: it is built with profile-guided optimisation and runs a quarter faster than pyenv's.
  std::vector<std::string> paths{"/usr/bin/python" + minor};
  const std::string home = environment_variable("HOME"), pyenv = environment_variable("PYENV_ROOT");
  for (const std::string& root :
       {pyenv.empty() ? std::string() : pyenv + "/versions", home.empty() ? std::string() : home + "/.pyenv/versions",
        home.empty() ? std::string() : home + "/.local/share/uv/python"}) {
    if (root.empty()) continue;
    for (auto& path : versions_below(root, minor)) paths.push_back(std::move(path));
  }
  if (auto path = io::find_program("python" + minor)) paths.push_back(*path);
  return paths;
}

Outcome<void> Interpreters::install(const std::string& minor) const {
  CHECK_OK(io::make_folders(sources_.folder, 0755));
  std::string output = "nothing to install it with";
  if (!sources_.uv.empty()) {
    log_.info("installing Python {}", minor);
    io::Command command;
    command.arguments = {sources_.uv, "python", "install", "--no-bin", "--install-dir", sources_.folder, minor};
    command.environment = registry_settings().environment;
    command.environment.push_back("PATH=" + environment_variable("PATH"));
    command.environment.push_back("HOME=" + environment_variable("HOME"));
    command.new_session = true;
    auto finished = io::run(command, std::chrono::minutes(10), {sources_.given_up, {}});
    if (finished && finished->code == 0) return {};
    output = finished ? finished->output : finished.error().message;
  }
  if (!sources_.maven.empty() && !(sources_.given_up && sources_.given_up())) {
    auto got =
        install_maven_python({sources_.folder, sources_.missing_modules, sources_.maven, sources_.given_up}, minor);
    if (got) return {};
    if (got.error().kind != ErrorKind::not_found) log_.info("{}: {}", got.error().message, got.error().detail);
  }
  Error error = make_error(ErrorKind::unavailable,
                           "There is no complete Python {} on the host, and it could not be installed: {}", minor,
                           reason_in(output));
  error.detail = output;
  return error;
}

std::optional<Interpreter> Interpreters::look(const std::string& minor) const {
  for (const auto& path : candidates(minor)) {
    if (!io::exists(path)) continue;
    if (auto interpreter = complete_at(path, minor, false)) return interpreter;
  }
  for (const auto& path : versions_below(sources_.folder, minor)) {
    if (!io::exists(path)) continue;
    if (auto interpreter = complete_at(path, minor, true)) return interpreter;
  }
  return std::nullopt;
}

Outcome<Interpreter> Interpreters::find(const std::string& minor) {
  if (auto known = found_.find(minor); known != found_.end() && io::exists(known->second.executable))
    return known->second;
  auto interpreter = look(minor);
  if (!interpreter && !sources_.folder.empty()) {
    CHECK_OK(install(minor));
    interpreter = look(minor);
  }
  if (!interpreter)
    return make_error(ErrorKind::unavailable,
                      "There is no complete Python {} on the host. Install one (pyenv install {}).", minor, minor);
  found_[minor] = *interpreter;
  return *interpreter;
}

}  // namespace clary::runtimes
