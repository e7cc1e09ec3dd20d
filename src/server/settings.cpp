#include "server/settings.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <fmt/ranges.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>

#include "io/file.hpp"

namespace clary::server {

namespace {

Setting text(std::string_view name, std::string Settings::*member, std::string_view sentence) {
  return {name, "text", sentence, 0, 0,
          [member](Settings& settings, const std::string& value) -> Outcome<void> {
            settings.*member = value;
            return {};
          },
          [member](const Settings& settings) { return settings.*member; }};
}

Setting number(std::string_view name, std::int64_t Settings::*member, std::int64_t low, std::int64_t high, std::string_view sentence) {
  return {name, "number", sentence, low, high,
          [=](Settings& settings, const std::string& value) -> Outcome<void> {
            std::int64_t parsed = 0;
            auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), parsed);
            if (code != std::errc{} || end != value.data() + value.size() || parsed < low || parsed > high)
              return validation("{} must be a whole number from {} to {}, not '{}'", name, low, high, value);
            settings.*member = parsed;
            return {};
          },
          [member](const Settings& settings) { return std::to_string(settings.*member); }};
}

Setting onoff(std::string_view name, bool Settings::*member, std::string_view sentence) {
  return {name, "switch", sentence, 0, 0,
          [=](Settings& settings, const std::string& value) -> Outcome<void> {
            bool on = value == "on" || value == "true" || value == "1";
            if (!on && value != "off" && value != "false" && value != "0") return validation("{} must be on or off, not '{}'", name, value);
            settings.*member = on;
            return {};
          },
          [member](const Settings& settings) { return std::string(settings.*member ? "on" : "off"); }};
}

Setting choice(std::string_view name, std::string Settings::*member, std::vector<std::string> choices, std::string_view sentence) {
  Setting setting = text(name, member, sentence);
  setting.set = [=](Settings& settings, const std::string& value) -> Outcome<void> {
    if (std::find(choices.begin(), choices.end(), value) == choices.end())
      return validation("{} must be one of {}, not '{}'", name, fmt::to_string(fmt::join(choices, ", ")), value);
    settings.*member = value;
    return {};
  };
  return setting;
}

std::vector<std::string> split(const std::string& value) {
  std::vector<std::string> parts;
  for (std::size_t start = 0; start <= value.size();) {
    auto comma = std::min(value.find(',', start), value.size());
    if (comma > start) parts.push_back(value.substr(start, comma - start));
    start = comma + 1;
  }
  return parts;
}

std::vector<Setting> make_table() {
  Setting account = text("account", &Settings::account, "The 12-digit account that resources live in; settled at first start.");
  account.set = [](Settings& settings, const std::string& value) -> Outcome<void> {
    if (value.size() != 12 || value.find_first_not_of("0123456789") != std::string::npos)
      return validation("account must be 12 digits, not '{}'", value);
    settings.account = value;
    return {};
  };
  Setting listen{"listen", "list", "Addresses to listen on, separated by commas; port 0 picks a free one.", 0, 0,
                 [](Settings& settings, const std::string& value) -> Outcome<void> {
                   settings.listen = split(value);
                   if (settings.listen.empty()) return validation("listen must name an address such as 127.0.0.1:9080");
                   return {};
                 },
                 [](const Settings& settings) { return fmt::to_string(fmt::join(settings.listen, ",")); }};
  return {
      text("data-dir", &Settings::data_dir, "Where everything is kept: metadata, objects, keys, workers."),
      listen,
      account,
      text("region", &Settings::region, "The region that `clary env` exports; any region in a request is served."),
      choice("log-level", &Settings::log_level, {"debug", "info", "warn", "error"}, "What is logged: debug, info, warn or error."),
      text("log-file", &Settings::log_file, "The log's file; empty: standard error."),
      onoff("sandbox", &Settings::sandbox, "Run jobs and replicas in a sandbox; off only where the host cannot (see `clary doctor`)."),
      onoff("connect", &Settings::connect, "Answer CONNECT, so that clients that ask Amazon's own addresses reach this server."),
      onoff("connect-all-amazon", &Settings::connect_all_amazon,
            "End TLS for every *.amazonaws.com name, for clients too old for an endpoint variable."),
      number("first-look-seconds", &Settings::first_look_seconds, 0, 60,
             "How long the first Describe of a new job or endpoint waits for its end; 0: not at all."),
      number("invocation-timeout-seconds", &Settings::invocation_timeout_seconds, 1, 3600, "How long a model may take for one invocation."),
      number("pool-threads", &Settings::pool_threads, 2, 1024, "Threads for control-plane and S3 requests."),
      number("max-connections", &Settings::max_connections, 10, 1000000, "Open connections; more are refused."),
      number("stop-grace-seconds", &Settings::stop_grace_seconds, 0, 600, "How long requests in flight may go on after SIGTERM."),
      number("job-stop-grace-seconds", &Settings::job_stop_grace_seconds, 0, 3600,
             "How long a job that is stopped may take to end itself; then it is killed. AWS grants 120."),
      text("cache-dir", &Settings::cache_dir, "Where runtime environments are kept; empty: below data-dir."),
      text("runtimes-dir", &Settings::runtimes_dir, "A folder with runtimes of your own (docs/own_runtimes.md); empty: runtimes below data-dir."),
      text("uv", &Settings::uv, "The uv program that makes environments; empty: looked up on PATH and beside clary."),
      text("podman", &Settings::podman, "The podman program that runs images which no runtime matches; empty: they are refused."),
      onoff("pull-images", &Settings::pull_images, "Have podman pull such an image where the host lacks it; off: only what is there runs."),
  };
}

Outcome<void> set(Settings& settings, const std::string& name, const std::string& value, std::string_view where) {
  for (const Setting& setting : settings_table()) {
    if (setting.name != name) continue;
    auto done = setting.set(settings, value);
    if (!done) return validation("{} (in {})", done.error().message, where);
    return {};
  }
  return validation("there is no setting '{}' (in {})", name, where);
}

// A TOML value as the text that a flag would have.
std::string to_text(const toml::node& node) {
  if (auto text = node.value<std::string>(); text && node.is_string()) return *text;
  if (node.is_boolean()) return *node.value<bool>() ? "on" : "off";
  if (node.is_integer()) return std::to_string(*node.value<std::int64_t>());
  std::string joined;
  if (const toml::array* array = node.as_array()) {
    for (const toml::node& element : *array) joined += (joined.empty() ? "" : ",") + to_text(element);
  }
  return joined;
}

Outcome<void> read_file_into(Settings& settings, const std::string& path) {
  try {
    toml::table table = toml::parse_file(path);
    for (const auto& [key, node] : table) CHECK_OK(set(settings, std::string(key.str()), to_text(node), path));
    return {};
  } catch (const toml::parse_error& error) {
    return validation("{}: {} (line {})", path, error.description(), error.source().begin.line);
  }
}

bool is_no_setting_of_ours(const std::string& variable, const std::string& value) {
  for (std::string_view prefix : {"CLARY_DEV_", "CLARY_TEST_", "CLARY_BENCH_", "CLARY_SERVICE_", "CLARY_PORT_"}) {
    if (variable.starts_with(prefix)) return true;
  }
  return variable == "CLARY_PORT" && value.starts_with("tcp://");
}

Outcome<void> read_variables_into(Settings& settings, const std::map<std::string, std::string>& environment) {
  for (const auto& [variable, value] : environment) {
    if (!variable.starts_with("CLARY_") || is_no_setting_of_ours(variable, value)) continue;
    const auto& table = settings_table();
    auto setting = std::find_if(table.begin(), table.end(), [&](const Setting& one) { return variable_of(one.name) == variable; });
    if (setting == table.end()) return validation("there is no setting for the variable {}", variable);
    CHECK_OK(set(settings, std::string(setting->name), value, "the variable " + variable));
  }
  return {};
}

}  // namespace

const std::vector<Setting>& settings_table() {
  static const std::vector<Setting> table = make_table();
  return table;
}

std::string variable_of(std::string_view name) {
  std::string variable = "CLARY_" + std::string(name);
  std::transform(variable.begin(), variable.end(), variable.begin(), [](unsigned char c) { return c == '-' ? '_' : std::toupper(c); });
  return variable;
}

std::string default_data_dir() {
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data != '\0') return std::string(data) + "/clary";
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : "") + "/.local/share/clary";
}

std::string absolute_folder(const std::string& path) {
  if (path.empty()) return path;
  std::error_code failed;
  std::string whole = std::filesystem::absolute(path, failed).lexically_normal();
  if (failed) return path;
  while (whole.size() > 1 && whole.ends_with('/')) whole.pop_back();
  return whole;
}

Outcome<Settings> read_settings(const std::string& config_file, const std::map<std::string, std::string>& environment,
                                const std::map<std::string, std::string>& flags) {
  Settings settings;
  settings.data_dir = default_data_dir();
  if (auto variable = environment.find(variable_of("data-dir")); variable != environment.end()) settings.data_dir = variable->second;
  if (auto flag = flags.find("data-dir"); flag != flags.end()) settings.data_dir = flag->second;

  std::string file = config_file.empty() ? settings.data_dir + "/clary.toml" : config_file;
  if (!config_file.empty() || io::exists(file)) CHECK_OK(read_file_into(settings, file));
  CHECK_OK(read_variables_into(settings, environment));
  for (const auto& [name, value] : flags) CHECK_OK(set(settings, name, value, "the flag --" + name));
  settings.data_dir = absolute_folder(settings.data_dir);
  settings.cache_dir = absolute_folder(settings.cache_dir);
  settings.runtimes_dir = absolute_folder(settings.runtimes_dir);
  if (settings.runtimes_dir.empty()) settings.runtimes_dir = settings.data_dir + "/runtimes";
  if (settings.cache_dir.empty()) settings.cache_dir = settings.data_dir + "/cache";
  return settings;
}

std::string settings_as_markdown() {
  std::string text = "| setting | kind | default | what it does |\n| --- | --- | --- | --- |\n";
  Settings defaults;
  for (const Setting& setting : settings_table()) {
    std::string kind(setting.kind);
    if (setting.kind == "number") kind = fmt::format("{} to {}", setting.low, setting.high);
    text += fmt::format("| `{}` | {} | {} | {} |\n", setting.name, kind, setting.get(defaults), setting.sentence);
  }
  return text;
}

}  // namespace clary::server
