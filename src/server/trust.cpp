#include "server/trust.hpp"

#include <algorithm>

#include "auth/signature.hpp"
#include "io/file.hpp"

namespace clary::server {

namespace {

// Debian's, then Red Hat's, then what OpenSSL falls back to.
constexpr const char* system_bundles[] = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};

// Stands in a bundle of ours before what the user trusted; a later bundle takes over what follows it.
constexpr std::string_view users_part = "# What was trusted here before:\n";

// What a file adds to a bundle: nothing where it is the system's, the user's part where it is a bundle of ours.
std::string users_certificates(const std::string& path) {
  if (path.empty() || std::find(std::begin(system_bundles), std::end(system_bundles), path) != std::end(system_bundles)) return {};
  auto text = io::read_file(path);
  if (!text) return {};
  if (path.find("/clary-bundle-") == std::string::npos) return *text;
  auto mark = text->find(users_part);
  return mark == std::string::npos ? std::string() : text->substr(mark + users_part.size());
}

}  // namespace

Outcome<std::string> write_bundle(const std::string& tls_folder, const std::string& ca_pem, const std::vector<std::string>& others) {
  std::string bundle = ca_pem;
  for (const char* path : system_bundles) {
    auto text = io::read_file(path);
    if (!text) continue;
    bundle += "\n" + *text;
    break;
  }
  std::vector<std::string> added;
  for (const std::string& path : others) {
    std::string text = users_certificates(path);
    if (text.empty() || std::find(added.begin(), added.end(), text) != added.end()) continue;
    bundle += (added.empty() ? "\n" + std::string(users_part) : "\n") + text;
    added.push_back(std::move(text));
  }
  std::string path = tls_folder + "/clary-bundle-" + auth::sha256_hex(bundle).substr(0, 16) + ".pem";
  if (!io::exists(path)) CHECK_OK(io::write_durably(path, bundle, 0644));
  return path;
}

}  // namespace clary::server
