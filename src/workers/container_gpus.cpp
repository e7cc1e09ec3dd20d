#include "workers/container_gpus.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <set>

#include "io/file.hpp"
#include "workers/placement.hpp"

namespace clary::workers {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kind = "nvidia.com/gpu";

struct YamlLine {
  std::size_t depth = 0;  // of its key; an item's first key stands where its others do
  bool item = false;      // it begins one
  std::string_view key, value;
};

std::string_view unquoted(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

YamlLine read_line(std::string_view text) {
  YamlLine line;
  line.depth = std::min(text.find_first_not_of(' '), text.size());
  while (text.substr(line.depth).starts_with("- ")) {
    line.item = true;
    line.depth = std::min(text.find_first_not_of(' ', line.depth + 1), text.size());
  }
  text.remove_prefix(line.depth);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || text.starts_with('#')) return line;
  line.key = unquoted(text.substr(0, colon));
  text.remove_prefix(colon + 1);
  line.value = unquoted(text.substr(std::min(text.find_first_not_of(' '), text.size())));
  return line;
}

struct Device {
  std::string name;
  std::set<std::string, std::less<>> gpus;  // their nodes
};

// The devices of a specification, as far as it is in the block style that its generator writes: a reader of all of YAML
// would be a library for these three keys.
std::vector<Device> devices_in(std::string_view specification) {
  std::vector<Device> devices;
  bool listing = false, ours = false;
  std::size_t depth = 0;  // of a device's own keys
  while (!specification.empty()) {
    const std::size_t end = std::min(specification.find('\n'), specification.size());
    const YamlLine line = read_line(specification.substr(0, end));
    specification.remove_prefix(std::min(end + 1, specification.size()));
    if (line.key.empty()) continue;
    if (line.depth == 0) {
      listing = line.key == "devices";
      depth = 0;
      if (line.key == "kind") ours = line.value == kind;
      continue;
    }
    if (!listing) continue;
    if (depth == 0) depth = line.depth;
    if (line.item && line.depth == depth) devices.emplace_back();
    if (devices.empty()) continue;
    if (line.key == "name" && line.depth == depth) devices.back().name = line.value;
    if (line.key == "path" && line.value.starts_with("/dev/nvidia")) devices.back().gpus.emplace(line.value);
  }
  return ours ? devices : std::vector<Device>();
}

// A specification may name what all GPUs share with each of them; /dev/nvidia-caps/ holds parts of one.
bool is_only(const Device& device, const std::string& node) {
  const auto other = [&](const std::string& path) {
    return path != node && (path.starts_with("/dev/nvidia-caps/") || path.find_first_of("0123456789") == 11);
  };
  return !device.name.empty() && device.gpus.contains(node) && std::ranges::none_of(device.gpus, other);
}

std::string cdi_name_in(const std::vector<std::string>& folders, int gpu) {
  constexpr std::size_t most = 4 << 20;
  for (const std::string& folder : folders) {
    std::set<fs::path> files;
    std::error_code code;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
      const std::string ending = entry->path().extension();
      if (ending == ".yaml" || ending == ".yml") files.insert(entry->path());
    }
    for (const fs::path& file : files) {
      auto text = io::read_file(file, most);
      if (!text) continue;
      if (std::string name = cdi_name(*text, gpu); !name.empty()) return name;
    }
  }
  return {};
}

}  // namespace

std::string cdi_name(std::string_view specification, int gpu) {
  const std::string node = fmt::format("/dev/nvidia{}", gpu);
  for (const Device& device : devices_in(specification)) {
    if (is_only(device, node)) return fmt::format("{}={}", kind, device.name);
  }
  return {};
}

std::vector<std::string> gpu_devices(const GpuLoan& loan, const std::vector<std::string>& folders) {
  std::vector<std::string> devices;
  for (int number : loan.numbers) {
    std::string name = cdi_name_in(folders, number);
    if (name.empty()) {
      devices.clear();
      break;
    }
    devices.push_back(std::move(name));
  }
  if (!devices.empty()) return devices;
  for (const std::string& node : loan.nodes)
    devices.push_back(fmt::format("{}:/dev/{}", node, fs::path(node).filename().string()));
  return devices;
}

std::vector<Lack> container_gpu_check(const std::string& devices, const std::vector<std::string>& folders) {
  const Gpus gpus = look_for_gpus(devices);
  const auto nameless = [&](int number) { return cdi_name_in(folders, number).empty(); };
  if (std::ranges::none_of(gpus.numbers, nameless)) return {};
  return {{"containers get this host's GPUs without the driver's libraries: no CDI specification names each GPU",
           "nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml"}};
}

}  // namespace clary::workers
