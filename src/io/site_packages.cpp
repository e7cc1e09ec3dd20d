#include "io/site_packages.hpp"

#include <filesystem>

#include "io/file.hpp"

namespace clary::io {

Outcome<std::string> site_packages(const std::string& environment_folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(environment_folder + "/lib", error)) {
    if (!entry.path().filename().string().starts_with("python3")) continue;
    if (const auto folder = entry.path() / "site-packages"; exists(folder)) return folder.string();
  }
  return make_error(ErrorKind::not_found, "The folder {} is no Python environment.", environment_folder);
}

}  // namespace clary::io
