// Every setting of `clary serve`, declared once: name, default, bounds and sentence. Parsing of the file, the variables (CLARY_<NAME>) and the flags,
// errors for unknown names, `--help` and docs/settings.md all come from the table. Read once at start; constant afterwards.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/outcome.hpp"

namespace clary::server {

struct Settings {
  std::string data_dir;
  std::vector<std::string> listen{"127.0.0.1:9080"};
  std::string account = "000000000000";
  std::string region = "us-east-1";
  std::string log_level = "info";
  std::string log_file;
  bool sandbox = true;
  bool connect = true;
  bool connect_all_amazon = false;
  std::int64_t first_look_seconds = 10;
  std::int64_t invocation_timeout_seconds = 60;
  std::int64_t pool_threads = 64;
  std::int64_t max_connections = 20000;
  std::int64_t stop_grace_seconds = 20;
  std::int64_t job_stop_grace_seconds = 120;
  std::string cache_dir;
  std::string runtimes_dir;
  std::string uv;
  std::string podman = "podman";
  bool pull_images = true;
};

struct Setting {
  std::string_view name;      // as in the file ("listen"); the flag is --listen, the variable CLARY_LISTEN ('-' becomes '_')
  std::string_view kind;      // "text", "list", "number", "switch": what a value looks like
  std::string_view sentence;
  std::int64_t low = 0, high = 0;  // numbers
  std::function<Outcome<void>(Settings&, const std::string&)> set;
  std::function<std::string(const Settings&)> get;
};
const std::vector<Setting>& settings_table();

// Defaults, then the file (`<data-dir>/clary.toml` or --config), then the environment, then the flags: later ones win.
// An unknown name or a value out of bounds is an Error that names it and where it stood.
// `environment`: all variables; those that begin with CLARY_ are settings, but for CLARY_DEV_*, CLARY_TEST_* and CLARY_BENCH_*, which the
// repository's own tools read, and what Kubernetes sets for a service called clary.
Outcome<Settings> read_settings(const std::string& config_file, const std::map<std::string, std::string>& environment,
                                const std::map<std::string, std::string>& flags);
std::string default_data_dir();
// The folder's path from the root on: what is printed and bound into sandboxes must mean the same wherever it is read.
std::string absolute_folder(const std::string& path);
// "CLARY_LISTEN" of "listen".
std::string variable_of(std::string_view name);
// The table as Markdown, for docs/settings.md.
std::string settings_as_markdown();

}  // namespace clary::server
