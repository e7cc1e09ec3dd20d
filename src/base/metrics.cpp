#include "base/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>

namespace clary::metrics {

namespace {

struct Registry {
  std::mutex mutex;
  std::map<std::string, const Metric*> metrics;
};

Registry& registry() {
  static Registry instance;
  return instance;
}

std::string header(const std::string& name, const std::string& help, const char* type) {
  return fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

}  // namespace

Metric::Metric(std::string name, std::string help) : name_(std::move(name)), help_(std::move(help)) {
  std::lock_guard lock(registry().mutex);
  registry().metrics[name_] = this;
}

std::string Counter::text() const { return header(name_, help_, "counter") + fmt::format("{} {}\n", name_, value()); }
std::string Gauge::text() const { return header(name_, help_, "gauge") + fmt::format("{} {}\n", name_, value()); }

void Histogram::observe(double seconds) {
  auto bucket = std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin();
  counts_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  micros_.fetch_add(static_cast<std::uint64_t>(seconds * 1e6), std::memory_order_relaxed);
}

std::string Histogram::text() const {
  std::string text = header(name_, help_, "histogram");
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    total += counts_[i].load(std::memory_order_relaxed);
    text += fmt::format("{}_bucket{{le=\"{}\"}} {}\n", name_, bounds[i], total);
  }
  total += counts_.back().load(std::memory_order_relaxed);
  return text + fmt::format("{0}_bucket{{le=\"+Inf\"}} {1}\n{0}_sum {2}\n{0}_count {1}\n", name_, total,
                            static_cast<double>(micros_.load(std::memory_order_relaxed)) / 1e6);
}

std::string exposition() {
  std::lock_guard lock(registry().mutex);
  std::string text;
  for (const auto& [name, metric] : registry().metrics) text += metric->text();
  return text;
}

}  // namespace clary::metrics
