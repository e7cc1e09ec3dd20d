#include <fmt/core.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <optional>
#include <vector>

#include "cli/commands.hpp"
#include "cli/connection.hpp"
#include "http/authority.hpp"
#include "server/trust.hpp"

namespace clary::cli {

namespace {

struct Variable {
  std::string name;
  std::optional<std::string> value;  // nothing: unset it, since it would win over ours
};

std::string current(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// The user's no_proxy with our addresses, less every entry that would keep Amazon's names from us.
std::string merged_no_proxy() {
  std::string merged = "127.0.0.1,localhost";
  std::string given = current("no_proxy").empty() ? current("NO_PROXY") : current("no_proxy");
  for (std::size_t start = 0; start < given.size();) {
    auto comma = std::min(given.find(',', start), given.size());
    std::string entry = given.substr(start, comma - start);
    start = comma + 1;
    entry.erase(0, entry.find_first_not_of(' '));
    entry.erase(entry.find_last_not_of(' ') + 1);
    if (entry.empty() || entry == "127.0.0.1" || entry == "localhost" || entry == "*" || entry.find("amazonaws.com") != std::string::npos ||
        entry == "com" || entry == ".com")
      continue;
    merged += "," + entry;
  }
  return merged;
}

std::vector<Variable> variables(const Connection& connection, const std::string& bundle) {
  std::string origin = "http://" + connection.server.addresses.front();
  const auto& installation = connection.installation;
  std::vector<Variable> all{
      {"AWS_ENDPOINT_URL", origin},
      {"AWS_ACCESS_KEY_ID", installation.access_key},
      {"AWS_SECRET_ACCESS_KEY", installation.secret_key},
      {"AWS_DEFAULT_REGION", connection.server.region},
      {"AWS_REGION", connection.server.region},
      {"NO_PROXY", merged_no_proxy()},
      {"no_proxy", merged_no_proxy()},
      {"AWS_CA_BUNDLE", bundle},
      {"REQUESTS_CA_BUNDLE", bundle},
  };
  for (const char* name : {"HTTPS_PROXY", "https_proxy"}) {
    // A server that answers no CONNECT would cut the shell off; the user's own proxy stays as it is.
    if (connection.server.connect) all.push_back({name, origin});
  }
  for (const char* name : {"AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_FIPS_ENDPOINT",
                           "AWS_USE_DUALSTACK_ENDPOINT", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                           "AWS_CONTAINER_AUTHORIZATION_TOKEN"})
    all.push_back({name, std::nullopt});
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string text = *entry;
    if (text.starts_with("AWS_ENDPOINT_URL_")) all.push_back({text.substr(0, text.find('=')), std::nullopt});
  }
  return all;
}

// In single quotes. `backslash_inside` is how a form writes a backslash between them.
std::string quoted(const std::string& value, std::string_view quote_inside, std::string_view backslash_inside = "\\") {
  std::string text = "'";
  for (char c : value) {
    if (c == '\'') {
      text += quote_inside;
    } else if (c == '\\') {
      text += backslash_inside;
    } else {
      text += c;
    }
  }
  return text + "'";
}

std::string render(const std::vector<Variable>& all, const std::string& form) {
  std::string text;
  if (form == "json") {
    boost::json::object object;
    for (const Variable& v : all) object[v.name] = v.value ? boost::json::value(*v.value) : boost::json::value(nullptr);
    return boost::json::serialize(object) + "\n";
  }
  for (const auto& [name, value] : all) {
    if (form == "fish") {
      text += value ? fmt::format("set -gx {} {};\n", name, quoted(*value, "\\'", "\\\\")) : fmt::format("set -e {}; or true;\n", name);
    } else if (form == "powershell") {
      text += value ? fmt::format("$env:{} = {}\n", name, quoted(*value, "''"))
                    : fmt::format("Remove-Item Env:{} -ErrorAction SilentlyContinue\n", name);
    } else if (form == "ipython") {
      text += value ? fmt::format("    os.environ[{}] = {}\n", quoted(name, "\\'"), quoted(*value, "\\'", "\\\\"))
                    : fmt::format("    os.environ.pop({}, None)\n", quoted(name, "\\'"));
    } else {
      text += value ? fmt::format("export {}={}\n", name, quoted(*value, "'\\''")) : fmt::format("unset {}\n", name);
    }
  }
  if (form != "ipython") return text;
  // %run or exec() of this defines the magic %clary, which points the notebook's process at the server.
  return "import os\nfrom IPython.core.magic import register_line_magic\n\n\n@register_line_magic\ndef clary(line):\n" + text +
         "    print('AWS clients of this notebook now talk to ' + os.environ['AWS_ENDPOINT_URL'])\n";
}

}  // namespace

int env(const std::string& data_dir, const std::string& form) {
  auto connection = connect(data_dir);
  if (!connection) return fail(connection.error());
  auto authority = io::read_file(connection->folder.tls() + "/ca.pem");
  if (!authority) return fail(authority.error());
  auto bundle = server::write_bundle(connection->folder.tls(), *authority, {current("AWS_CA_BUNDLE"), current("REQUESTS_CA_BUNDLE")});
  if (!bundle) return fail(bundle.error());
  fmt::print("{}", render(variables(*connection, *bundle), form));
  return 0;
}

}  // namespace clary::cli
