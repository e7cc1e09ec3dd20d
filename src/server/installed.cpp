#include "server/installed.hpp"

#include <filesystem>

namespace clary::server {

namespace {

std::filesystem::path own_folder() {
  std::error_code code;
  return std::filesystem::read_symlink("/proc/self/exe", code).parent_path();
}

}  // namespace

std::string installed_folder(const std::string& name) {
  std::error_code code;
  for (const auto& candidate : {own_folder() / "../share/clary" / name, own_folder() / ".." / name, own_folder() / "../.." / name}) {
    if (std::filesystem::is_directory(candidate, code)) return std::filesystem::weakly_canonical(candidate, code).string();
  }
  return (own_folder() / ".." / name).string();
}

std::string installed_file(const std::string& name) { return (own_folder() / name).string(); }

}  // namespace clary::server
