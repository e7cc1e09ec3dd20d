#include "runtimes/registries.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "io/file.hpp"

extern char** environ;

namespace clary::runtimes {
namespace {

std::string trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  return std::string(text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1));
}

// "index-url" and the like of pip.conf's [global] and [install]; lines that are indented continue the one before.
std::map<std::string, std::string> pip_settings(const std::string& text) {
  std::map<std::string, std::string> settings;
  std::istringstream lines(text);
  std::string line, section, key;
  while (std::getline(lines, line)) {
    const std::string content = trimmed(line);
    if (content.empty() || content[0] == '#' || content[0] == ';') continue;
    if (content[0] == '[') {
      section = content;
      key.clear();
      continue;
    }
    if (section != "[global]" && section != "[install]") continue;
    const std::size_t equals = content.find_first_of("=:");
    if ((line[0] == ' ' || line[0] == '\t') && !key.empty()) {
      settings[key] += " " + content;
    } else if (equals != std::string::npos) {
      key = trimmed(std::string_view(content).substr(0, equals));
      settings[key] = trimmed(std::string_view(content).substr(equals + 1));
    }
  }
  return settings;
}

struct PipName {
  const char *variable, *setting, *uv;
};
constexpr PipName pip_names[] = {{"PIP_INDEX_URL", "index-url", "UV_DEFAULT_INDEX"},
                                 {"PIP_EXTRA_INDEX_URL", "extra-index-url", "UV_INDEX"},
                                 {"PIP_FIND_LINKS", "find-links", "UV_FIND_LINKS"},
                                 {"PIP_TRUSTED_HOST", "trusted-host", "UV_INSECURE_HOST"},
                                 {"PIP_CERT", "cert", "SSL_CERT_FILE"},
                                 {"PIP_PROXY", "proxy", "ALL_PROXY"}};
// uv's own that say where it works, not where packages come from.
constexpr const char* not_passed[] = {
    "UV_CACHE_DIR",         "UV_PYTHON",   "UV_PROJECT_ENVIRONMENT", "UV_TOOL_DIR",
    "UV_WORKING_DIRECTORY", "UV_ENV_FILE", "UV_PYTHON_INSTALL_DIR",  "UV_LINK_MODE",
    "UV_NO_CACHE",          "UV_OFFLINE",  "UV_NO_CONFIG",           "UV_PROJECT",
    "UV_CONSTRAINT",        "UV_OVERRIDE", "UV_SYSTEM_PYTHON",       "UV_BREAK_SYSTEM_PACKAGES",
    "UV_REQUIRE_HASHES"};
constexpr const char* passed[] = {"HTTP_PROXY",    "HTTPS_PROXY",  "ALL_PROXY",       "NO_PROXY",
                                  "http_proxy",    "https_proxy",  "all_proxy",       "no_proxy",
                                  "SSL_CERT_FILE", "SSL_CERT_DIR", "SSL_CLIENT_CERT", "NETRC"};

bool is_passed(const std::string& name) {
  const auto same = [&](const char* other) { return name == other; };
  if (std::any_of(std::begin(passed), std::end(passed), same)) return true;
  return name.starts_with("UV_") && std::none_of(std::begin(not_passed), std::end(not_passed), same);
}

}  // namespace

RegistrySettings registry_settings(const std::map<std::string, std::string>& variables, const std::string& pip_conf,
                                   const std::function<bool(const std::string&)>& exists) {
  std::map<std::string, std::string> chosen;
  for (const auto& [name, value] : variables) {
    if (is_passed(name)) chosen[name] = value;
  }
  // uv's own variables win over pip's, pip's variables over its file.
  const auto file = pip_settings(pip_conf);
  for (const PipName& name : pip_names) {
    std::string value;
    if (auto found = file.find(name.setting); found != file.end()) value = found->second;
    if (auto found = variables.find(name.variable); found != variables.end()) value = found->second;
    if (!value.empty()) chosen.emplace(name.uv, value);
  }
  const char* const system_bundle = "/etc/ssl/certs/ca-certificates.crt";
  if (!chosen.contains("SSL_CERT_FILE") && !chosen.contains("SSL_CERT_DIR") && exists(system_bundle))
    chosen["SSL_CERT_FILE"] = system_bundle;

  RegistrySettings settings;
  for (const auto& [name, value] : chosen) {
    settings.environment.push_back(name + "=" + value);
    std::istringstream words(value);
    for (std::string word; words >> word;) {
      if (word.starts_with("file://")) word = word.substr(7);
      const bool shown = word.starts_with("/usr/") || word.starts_with("/etc/ssl/certs");
      if (word.size() > 1 && word[0] == '/' && !shown && exists(word)) settings.mounts.push_back({word, word, false});
    }
  }
  return settings;
}

RegistrySettings registry_settings() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos) variables[text.substr(0, equals)] = text.substr(equals + 1);
  }
  const std::string home = variables["HOME"];
  std::string pip_conf, uv_toml;
  // The later files win, so they are read after.
  for (const std::string& path : {std::string("/etc/pip.conf"), home + "/.pip/pip.conf", home + "/.config/pip/pip.conf",
                                  variables["PIP_CONFIG_FILE"]}) {
    if (auto text = io::read_file(path, 1024 * 1024)) pip_conf += *text + "\n";
  }
  for (const std::string& path : {std::string("/etc/uv/uv.toml"), home + "/.config/uv/uv.toml"}) {
    if (io::exists(path)) uv_toml = path;
  }
  if (!uv_toml.empty()) variables.emplace("UV_CONFIG_FILE", uv_toml);
  return registry_settings(variables, pip_conf, io::exists);
}

bool is_unreachable(std::string_view output) {
  for (const char* sign : {"dns error", "failed to lookup address", "tcp connect error", "Connection refused",
                           "error sending request", "operation timed out", "Network is unreachable", "No route to host",
                           "connection closed before message completed", "502 Bad Gateway", "503 Service Unavailable",
                           "504 Gateway Timeout", "Failed to fetch"}) {
    if (output.find(sign) != std::string_view::npos) return true;
  }
  return false;
}

std::string reason_in(const std::string& output) {
  std::istringstream lines(output);
  std::string reason, last;
  for (std::string line; std::getline(lines, line);) {
    const std::string text = trimmed(line);
    if (text.empty()) continue;
    last = text;
    // uv begins the reason with "error:" or "x" and goes on with its causes.
    if (text.starts_with("error:") || text.starts_with("\xC3\x97")) reason.clear();
    if (text.starts_with("error:") || text.starts_with("\xC3\x97") || text.starts_with("Caused by:") ||
        text.starts_with("cause:") || text.starts_with("\xE2\x95\xB0\xE2\x94\x80\xE2\x96\xB6") ||
        text.starts_with("\xE2\x94\x9C\xE2\x94\x80\xE2\x96\xB6")) {
      reason += (reason.empty() ? "" : " ") + text;
    }
  }
  if (reason.empty()) reason = last.empty() ? "no reason was given" : last;
  if (reason.size() > 600) reason = reason.substr(0, 600) + "...";
  return is_unreachable(output) ? "the package registry cannot be reached (" + reason + ")" : reason;
}

}  // namespace clary::runtimes
