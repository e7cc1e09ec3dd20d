#include "workers/placement.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <sched.h>
#include <string_view>

namespace clary::workers {
namespace {

std::vector<int> least_used(std::vector<int> there, const std::vector<int>& in_use, std::size_t count) {
  const auto load = [&](int number) { return std::count(in_use.begin(), in_use.end(), number); };
  std::sort(there.begin(), there.end());
  std::stable_sort(there.begin(), there.end(), [&](int a, int b) { return load(a) < load(b); });
  there.resize(std::min(count, there.size()));
  std::sort(there.begin(), there.end());
  return there;
}

std::optional<int> number_after(std::string_view name, std::string_view prefix) {
  if (name.size() <= prefix.size() || name.substr(0, prefix.size()) != prefix) return std::nullopt;
  int number = 0;
  const auto [end, code] = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), number);
  if (code != std::errc() || end != name.data() + name.size() || number < 0) return std::nullopt;
  return number;
}

}  // namespace

Gpus look_for_gpus(const std::string& devices) {
  Gpus gpus;
  std::error_code code;
  for (std::filesystem::directory_iterator entry(devices, code), end; !code && entry != end; entry.increment(code)) {
    const std::string name = entry->path().filename();
    if (const auto number = number_after(name, "nvidia")) gpus.numbers.push_back(*number);
  }
  std::sort(gpus.numbers.begin(), gpus.numbers.end());
  if (gpus.numbers.empty()) return gpus;
  for (const char* name : {"nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset"}) {
    const std::string path = devices + "/" + name;
    if (std::filesystem::exists(path, code)) gpus.nodes.push_back(path);
  }
  return gpus;
}

std::vector<int> choose_cpus(double wanted, const std::vector<int>& in_use) {
  cpu_set_t set;
  if (wanted <= 0 || sched_getaffinity(0, sizeof set, &set) != 0) return {};
  const int count = static_cast<int>(std::ceil(wanted));
  if (count >= CPU_COUNT(&set)) return {};
  std::vector<int> there;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) there.push_back(cpu);
  }
  return least_used(std::move(there), in_use, static_cast<std::size_t>(count));
}

std::vector<int> choose_gpus(unsigned wanted, const std::vector<int>& there, const std::vector<int>& in_use) {
  return least_used(there, in_use, wanted);
}

std::string number_list(const std::vector<int>& numbers) {
  return fmt::format("{}", fmt::join(numbers, ","));
}

}  // namespace clary::workers
