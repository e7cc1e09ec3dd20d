#include "runtimes/catalogue.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fnmatch.h>
#include <set>
#include <toml++/toml.h>

#include "io/file.hpp"
#include "runtimes/log.hpp"

namespace clary::runtimes {
namespace {

namespace fs = std::filesystem;
struct Image {
  std::string_view account, repository, tag;
};

// <account>.dkr.ecr[-fips].<region>.<any suffix>/<repository>[:<tag>][@<digest>]
std::optional<Image> parse(std::string_view uri) {
  Image image;
  if (uri.size() > 255) return std::nullopt;
  uri = uri.substr(0, uri.find('@'));
  const std::size_t slash = uri.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view host = uri.substr(0, slash);
  image.repository = uri.substr(slash + 1);
  if (const std::size_t colon = image.repository.rfind(':'); colon != std::string_view::npos) {
    image.tag = image.repository.substr(colon + 1);
    image.repository = image.repository.substr(0, colon);
  }
  const std::size_t dot = host.find('.');
  if (dot == std::string_view::npos || image.repository.empty()) return std::nullopt;
  image.account = host.substr(0, dot);
  const std::string_view rest = host.substr(dot);
  const bool registry = rest.starts_with(".dkr.ecr.") || rest.starts_with(".dkr.ecr-fips.");
  const bool digits =
      std::all_of(image.account.begin(), image.account.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!registry || !digits || image.account.empty()) return std::nullopt;
  return image;
}

std::string_view cut_at(std::string_view tag, std::initializer_list<std::string_view> marks) {
  std::size_t end = tag.size();
  for (const auto mark : marks) end = std::min(end, tag.find(mark));
  return tag.substr(0, end);
}

// "2.1.0-cpu-py2" to "2.1.0-py2": what a runtime calls a version that another Python makes another one.
std::string with_python_alone(std::string_view tag) {
  const std::size_t python = tag.rfind("-py");
  if (python == std::string_view::npos) return "";
  const std::string_view rest = tag.substr(python);
  return std::string(cut_at(tag, {"-cpu", "-gpu"})) + std::string(rest.substr(0, rest.find('-', 1)));
}

bool holds(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

std::vector<std::string> texts(const toml::node_view<const toml::node> node) {
  std::vector<std::string> list;
  if (const auto* array = node.as_array()) {
    for (const auto& element : *array) {
      if (auto text = element.value<std::string>()) list.push_back(*text);
    }
  }
  return list;
}

Outcome<Version> read_version(const toml::table& table, const std::string& folder) {
  const auto text = [&](const char* key, const char* otherwise = "") {
    return table[key].value_or(std::string(otherwise));
  };
  Version version;
  version.tag = text("tag");
  version.library = text("library");
  version.source = text("source");
  version.python = text("python");
  version.reason = text("reason");
  version.virtualenv = text("virtualenv");
  version.images = texts(table["images"]);
  const std::string fidelity = text("fidelity", "exact");
  if (fidelity == "exact") {
    version.fidelity = Version::Fidelity::exact;
  } else if (fidelity == "nearest") {
    version.fidelity = Version::Fidelity::nearest;
  } else if (fidelity == "impossible") {
    version.fidelity = Version::Fidelity::impossible;
  } else {
    return validation("version {}: fidelity is '{}', not exact, nearest or impossible", version.tag, fidelity);
  }
  if (version.tag.empty() || version.library.empty()) return validation("a version without tag or library");
  if (!version.virtualenv.empty()) {
    if (version.virtualenv[0] != '/' || !text("requirements").empty())
      return validation("version {}: virtualenv is an absolute path, and takes the place of requirements", version.tag);
  } else if (version.fidelity != Version::Fidelity::impossible) {
    if (version.python.empty() || text("requirements").empty())
      return validation("version {}: no python or requirements", version.tag);
    version.requirements = (fs::path(folder) / text("requirements")).lexically_normal();
    if (!io::exists(version.requirements))
      return validation("version {}: there is no {}", version.tag, version.requirements);
  }
  version.serve_command = texts(table["serve_command"]);
  version.from_source = texts(table["from_source"]);
  if (const auto* environment = table["environment"].as_table()) {
    for (const auto& [name, value] : *environment)
      version.environment[std::string(name.str())] = value.value_or(std::string());
  }
  return version;
}

Outcome<std::vector<LogMetric>> read_metrics(const toml::table& table) {
  std::vector<LogMetric> metrics;
  const auto* list = table["metric"].as_array();
  if (list == nullptr) return metrics;
  for (const auto& element : *list) {
    const toml::node_view<const toml::node> view(element);
    LogMetric metric{view["name"].value_or(std::string()), view["regex"].value_or(std::string())};
    if (metric.name.empty() || metric.regex.empty()) return validation("a [[metric]] without name or regex");
    metrics.push_back(std::move(metric));
  }
  return metrics;
}

}  // namespace

Outcome<void> Catalogue::read(const std::string& definition) {
  const std::string folder = fs::path(definition).parent_path();
  TRY(const std::string text, io::read_file(definition, 4 * 1024 * 1024));
  toml::table table;
  try {
    table = toml::parse(text, definition);
  } catch (const toml::parse_error& error) {
    return validation("{}, line {}: {}", definition, error.source().begin.line, error.description());
  }
  const std::string name = table["runtime"]["name"].value_or(std::string());
  if (name.empty()) return validation("{}: [runtime] has no name", definition);
  const std::string framework_module = table["runtime"]["framework_module"].value_or(name);
  // A later definition takes the place of an earlier one, version by version; its images replace the earlier ones.
  std::erase_if(patterns_, [&](const Pattern& pattern) { return pattern.runtime == name; });
  if (const auto* images = table["image"].as_array()) {
    for (const auto& image : *images) {
      const toml::node_view<const toml::node> view(image);
      patterns_.push_back({name, texts(view["repositories"]), texts(view["accounts"])});
    }
  }
  const auto metrics = read_metrics(table);
  if (!metrics) return validation("{}: {}", definition, metrics.error().message);
  const auto* versions = table["version"].as_array();
  if (!versions) return {};
  for (const auto& node : *versions) {
    if (!node.is_table()) return validation("{}: [[version]] is not a table", definition);
    auto version = read_version(*node.as_table(), folder);
    if (!version) return validation("{}: {}", definition, version.error().message);
    version->runtime = name;
    version->framework_module = framework_module;
    version->metrics = *metrics;
    version->algorithm = table["runtime"]["algorithm"].value_or(std::string());
    version->shows_metrics = table["runtime"]["shows_metrics"].value_or(false);
    version->model_server = table["runtime"]["model_server"].value_or(std::string());
    for (const auto& alias : texts(toml::node_view<const toml::node>(node)["aliases"]))
      aliases_[name + ":" + alias] = version->id();
    auto earlier =
        std::find_if(versions_.begin(), versions_.end(), [&](const Version& v) { return v.id() == version->id(); });
    if (earlier != versions_.end()) {
      *earlier = *std::move(version);
    } else {
      versions_.push_back(*std::move(version));
    }
  }
  return {};
}

Outcome<Catalogue> Catalogue::open(const std::vector<std::string>& roots) {
  Catalogue catalogue;
  for (const auto& root : roots) {
    std::set<std::string> definitions;  // in the order of their names
    std::error_code code;
    for (fs::directory_iterator entry(root, code), end; !code && entry != end; entry.increment(code)) {
      const std::string definition = entry->path() / "runtime.toml";
      if (io::exists(definition)) definitions.insert(definition);
    }
    if (code && code != std::errc::no_such_file_or_directory) return io::system_error("readdir", root, code.value());
    for (const auto& definition : definitions) CHECK_OK(catalogue.read(definition));
  }
  log_.debug("{} runtime versions are known", catalogue.versions_.size());
  return catalogue;
}

std::optional<Version> Catalogue::find(std::string_view id) const {
  const auto alias = aliases_.find(std::string(id));
  if (alias != aliases_.end()) id = alias->second;
  for (const Version& version : versions_) {
    if (version.id() == id) return version;
  }
  return std::nullopt;
}

const Catalogue::Pattern* Catalogue::pattern_of(std::string_view account, std::string_view repository) const {
  for (const Pattern& pattern : patterns_) {
    if (holds(pattern.repositories, repository) && (holds(pattern.accounts, account) || holds(pattern.accounts, "*")))
      return &pattern;
  }
  return nullptr;
}

Error Catalogue::nothing_matches(std::string_view image_uri, const std::string* runtime) const {
  std::vector<std::string> known;
  if (runtime) {
    for (const Version& version : versions_) {
      if (version.runtime == *runtime) known.push_back(version.tag);
    }
    return validation("No runtime here matches the image '{}'. The versions of {} that are known: {}.",
                      image_uri.substr(0, 255), *runtime, fmt::join(known, ", "));
  }
  for (const Pattern& pattern : patterns_)
    known.insert(known.end(), pattern.repositories.begin(), pattern.repositories.end());
  return validation(
      "No runtime here matches the image '{}'. Images of AWS's own registry accounts match with the repositories: {}.",
      image_uri.substr(0, 255), fmt::join(known, ", "));
}

const Version* Catalogue::named_by(const std::string& image_uri) const {
  for (auto version = versions_.rbegin(); version != versions_.rend(); ++version) {  // the user's come last
    for (const auto& pattern : version->images) {
      if (::fnmatch(pattern.c_str(), image_uri.c_str(), 0) == 0) return &*version;
    }
  }
  return nullptr;
}

Outcome<Version> Catalogue::match_runtime(std::string_view image_uri) const {
  if (const Version* named = named_by(std::string(image_uri.substr(0, 255)))) return *named;
  const auto image = parse(image_uri);
  const Pattern* pattern = image ? pattern_of(image->account, image->repository) : nullptr;
  if (!pattern) return nothing_matches(image_uri, nullptr);
  for (const std::string& tag : {with_python_alone(image->tag), std::string(cut_at(image->tag, {"-cpu", "-gpu"})),
                                 std::string(cut_at(image->tag, {"-cpu", "-gpu", "-py"}))}) {
    auto version = find(pattern->runtime + ":" + tag);
    if (!version) continue;
    if (version->fidelity == Version::Fidelity::impossible) {
      return validation("The image '{}' cannot run here: {}", image_uri.substr(0, 255), version->reason);
    }
    return *version;
  }
  return nothing_matches(image_uri, &pattern->runtime);
}

Outcome<Version> Catalogue::match(std::string_view image_uri) const {
  auto version = match_runtime(image_uri);
  if (version || !absence_) return version;
  if (const std::string absence = absence_(); !absence.empty()) {
    return validation("{} Any other image runs as a container where podman is: {}.", version.error().message, absence);
  }
  const auto image = parse(image_uri);
  Version container;
  container.runtime = "container";
  container.image = image_uri;
  container.library = "the image itself";
  container.image_here_only = image && pattern_of(image->account, image->repository) != nullptr;
  container.otherwise = version.error().message;
  return container;
}

}  // namespace clary::runtimes
