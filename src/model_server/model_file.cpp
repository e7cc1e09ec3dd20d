#include "model_server/model_file.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "model_server/rows.hpp"

namespace clary::model_server {

namespace fs = std::filesystem;

Outcome<std::string> model_file(const std::string& folder, std::string_view name, std::string_view ending) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string found = entry.path().filename();
    if (!found.starts_with('.') && entry.is_regular_file(error)) names.push_back(found);
  }
  std::sort(names.begin(), names.end());
  if (std::find(names.begin(), names.end(), name) != names.end()) return folder + '/' + std::string(name);
  const auto fits = [&](const std::string& found) { return found.ends_with(ending); };
  if (std::count_if(names.begin(), names.end(), fits) == 1) return folder + '/' + *std::find_if(names.begin(), names.end(), fits);
  std::string held;
  for (std::size_t at = 0; at < std::min<std::size_t>(names.size(), 10); ++at) held += (at > 0 ? ", " : "") + shown(names[at]);
  return validation("Without a serving module the model's archive must hold one file{}, named {}; it holds {}.",
                    ending.empty() ? "" : fmt::format(" that ends with {}", ending), name, held.empty() ? "none" : held);
}

}  // namespace clary::model_server
