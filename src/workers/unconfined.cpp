#include "workers/unconfined.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "io/file.hpp"

namespace clary::workers {
namespace {

bool is_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.';
}

// The mount whose target stands at `at` as a whole path or its beginning; the longest target wins.
const Mount* target_at(const std::string& text, std::size_t at, const std::vector<Mount>& mounts) {
  if (text[at] != '/' || (at > 0 && (is_name(text[at - 1]) || text[at - 1] == '/'))) return nullptr;
  const Mount* best = nullptr;
  for (const Mount& mount : mounts) {
    const std::size_t size = mount.target.size();
    if (text.compare(at, size, mount.target) != 0) continue;
    if (at + size < text.size() && is_name(text[at + size])) continue;
    if (!best || size > best->target.size()) best = &mount;
  }
  return best;
}

}  // namespace

std::string with_host_paths(const std::string& text, const std::vector<Mount>& mounts) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    if (const Mount* mount = target_at(text, at, mounts)) {
      result += mount->source;
      at += mount->target.size();
    } else {
      result += text[at++];
    }
  }
  return result;
}

WorkerSpec on_bare_host(WorkerSpec spec, const std::vector<Mount>& mounts) {
  for (auto& argument : spec.command) argument = with_host_paths(argument, mounts);
  for (auto& [name, value] : spec.environment) value = with_host_paths(value, mounts);
  spec.working_directory = with_host_paths(spec.working_directory, mounts);
  return spec;
}

Outcome<void> link_mounts(const std::string& ml_folder, const std::vector<Mount>& mounts) {
  namespace fs = std::filesystem;
  const std::string prefix = "/opt/ml/";
  for (const Mount& mount : mounts) {
    if (mount.target.compare(0, prefix.size(), prefix) != 0) continue;
    const fs::path link = fs::path(ml_folder) / mount.target.substr(prefix.size());
    CHECK_OK(io::make_folders(link.parent_path()));
    std::error_code code;
    fs::create_symlink(mount.source, link, code);
    if (code && code != std::errc::file_exists) return io::system_error("symlink", link.string(), code.value());
  }
  return {};
}

}  // namespace clary::workers
