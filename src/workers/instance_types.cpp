// The instance types as AWS documents them, as families times sizes: vCPUs follow from the size, memory from the
// family, GPUs from both.
#include <algorithm>
#include <array>
#include <optional>
#include <sched.h>
#include <string_view>
#include <unistd.h>

#include "workers/placement.hpp"
#include "workers/slots.hpp"

namespace clary::workers {
namespace {

constexpr double gib = 1024.0 * 1024 * 1024;

struct Size {
  std::string_view name;
  double cpus;
};
constexpr std::array<Size, 17> sizes{{{"medium", 1},
                                      {"large", 2},
                                      {"xlarge", 4},
                                      {"2xlarge", 8},
                                      {"3xlarge", 12},
                                      {"4xlarge", 16},
                                      {"6xlarge", 24},
                                      {"8xlarge", 32},
                                      {"9xlarge", 36},
                                      {"10xlarge", 40},
                                      {"12xlarge", 48},
                                      {"16xlarge", 64},
                                      {"18xlarge", 72},
                                      {"24xlarge", 96},
                                      {"32xlarge", 128},
                                      {"48xlarge", 192},
                                      {"56xlarge", 224}}};

struct Family {
  std::string_view name;
  double gib_per_cpu;
};
constexpr std::array<Family, 62> families{{
    {"m4", 4},       {"m5", 4},     {"m5d", 4},  {"m5n", 4},  {"m5dn", 4},     {"m5zn", 4},    {"m6g", 4},
    {"m6gd", 4},     {"m6i", 4},    {"m6id", 4}, {"m6a", 4},  {"m7g", 4},      {"m7gd", 4},    {"m7i", 4},
    {"m7i-flex", 4}, {"m7a", 4},    {"m8g", 4},  {"m8gd", 4}, {"c4", 1.875},   {"c5", 2},      {"c5d", 2},
    {"c5n", 2.625},  {"c6g", 2},    {"c6gd", 2}, {"c6gn", 2}, {"c6i", 2},      {"c6id", 2},    {"c6in", 2},
    {"c7g", 2},      {"c7gd", 2},   {"c7gn", 2}, {"c7i", 2},  {"c7i-flex", 2}, {"c8g", 2},     {"r4", 7.625},
    {"r5", 8},       {"r5d", 8},    {"r5n", 8},  {"r5dn", 8}, {"r6g", 8},      {"r6gd", 8},    {"r6i", 8},
    {"r6id", 8},     {"r7g", 8},    {"r7gd", 8}, {"r7i", 8},  {"r8g", 8},      {"g4dn", 4},    {"g5", 4},
    {"g6", 4},       {"gr6", 8},    {"g6e", 8},  {"inf1", 2}, {"inf2", 4},     {"trn1", 4},    {"trn1n", 4},
    {"p2", 15.25},   {"p3", 7.625}, {"p3dn", 8}, {"p4d", 12}, {"p4de", 12},    {"x2iezn", 32},
}};

struct Exact {
  std::string_view name;
  double cpus, gib;
};
// Those that their family's rule does not give.
constexpr std::array<Exact, 22> exact{{{"t2.medium", 2, 4},
                                       {"t2.large", 2, 8},
                                       {"t2.xlarge", 4, 16},
                                       {"t2.2xlarge", 8, 32},
                                       {"t3.micro", 2, 1},
                                       {"t3.small", 2, 2},
                                       {"t3.medium", 2, 4},
                                       {"t3.large", 2, 8},
                                       {"t3.xlarge", 4, 16},
                                       {"t3.2xlarge", 8, 32},
                                       {"c4.8xlarge", 36, 60},
                                       {"c5n.9xlarge", 36, 96},
                                       {"c5n.18xlarge", 72, 192},
                                       {"p2.16xlarge", 64, 732},
                                       {"p5.4xlarge", 16, 256},
                                       {"p5.48xlarge", 192, 2048},
                                       {"p5e.48xlarge", 192, 2048},
                                       {"p5en.48xlarge", 192, 2048},
                                       {"p6-b200.48xlarge", 192, 2048},
                                       {"p6e-gb200.36xlarge", 144, 960},
                                       {"trn2.3xlarge", 12, 128},
                                       {"trn2.48xlarge", 192, 2048}}};

std::optional<Exact> documented(std::string_view type) {
  if (type.substr(0, 3) != "ml.") return std::nullopt;
  type.remove_prefix(3);
  for (const Exact& entry : exact) {
    if (entry.name == type) return entry;
  }
  const std::size_t dot = type.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto family =
      std::find_if(families.begin(), families.end(), [&](const Family& f) { return f.name == type.substr(0, dot); });
  const auto size =
      std::find_if(sizes.begin(), sizes.end(), [&](const Size& s) { return s.name == type.substr(dot + 1); });
  if (family == families.end() || size == sizes.end()) return std::nullopt;
  return Exact{type, size->cpus, size->cpus * family->gib_per_cpu};
}

// GPUs of NVIDIA; Inferentia and Trainium are none that a host of ours would have.
unsigned gpus_of(std::string_view type, double cpus) {
  const auto family = type.substr(0, type.find('.')), size = type.substr(type.find('.') + 1);
  if (family == "p2") return static_cast<unsigned>(cpus / 4);
  if (family == "p3") return static_cast<unsigned>(cpus / 8);
  if (family == "p6e-gb200") return 4;
  if (family.substr(0, 1) == "p") return size == "4xlarge" ? 1 : 8;
  if (family.substr(0, 1) != "g") return 0;
  if (size == "48xlarge") return 8;
  return size == "12xlarge" || size == "24xlarge" ? 4 : 1;
}

}  // namespace

Outcome<Share> share_of(const std::string& instance_type, const Share& host) {
  const auto found = documented(instance_type);
  if (!found) return validation("'{}' is not an instance type.", instance_type);
  return Share{std::min(found->cpus, host.cpus), std::min(static_cast<std::uint64_t>(found->gib * gib), host.memory),
               std::min(gpus_of(found->name, found->cpus), host.gpus)};
}

Share host_share() {
  Share share;
  cpu_set_t set;
  share.cpus = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set)
                                                           : static_cast<double>(sysconf(_SC_NPROCESSORS_ONLN));
  share.memory =
      static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  share.gpus = static_cast<unsigned>(look_for_gpus().numbers.size());
  return share;
}

}  // namespace clary::workers
